import { GraphiQL } from 'graphiql'
import { useMemo, useState, type ReactNode } from 'react'
import { Catalogue } from './catalogue.tsx'
import { ConsoleMenu } from './console-menu.tsx'
import type { ConsoleConfig } from './console-config.ts'
import { examplesFor } from './examples.ts'
import { createGraphqlFetcher, sendOperation } from './graphql-fetcher.ts'
import { beginSignIn, forgetSession, type Session } from './sign-in.ts'
import { createSubjectStorage } from './subject-storage.ts'
import { Welcome } from './welcome.tsx'

interface AppProps {
  readonly config: ConsoleConfig
  readonly session: Session | undefined
  readonly failure: string | undefined
}

/** Sign-in first, then the editor with the caller's token. */
export function App({ config, session: initialSession, failure: initialFailure }: AppProps): ReactNode {
  const [session, setSession] = useState(initialSession)
  const [failure, setFailure] = useState(initialFailure)

  function leave(reason: string | undefined): void {
    forgetSession()
    setSession(undefined)
    setFailure(reason)
  }

  function signIn(): void {
    if (config.signIn === undefined) return
    beginSignIn(config.signIn).catch((error: unknown) => setFailure(`Sign-in failed: ${String(error)}`))
  }

  if (session === undefined) return <Welcome config={config} failure={failure} onSignIn={signIn} />
  return <Editor key={session.accessToken} session={session} development={config.signIn?.development === true} onLeave={leave} />
}

interface EditorProps {
  readonly session: Session
  readonly development: boolean
  readonly onLeave: (reason: string | undefined) => void
}

function Editor({ session, development, onLeave }: EditorProps): ReactNode {
  const fetcher = useMemo(() => createGraphqlFetcher(session, () => onLeave('Your session has ended; sign in again.')), [session])
  const storage = useMemo(() => createSubjectStorage(session.subject), [session.subject])
  const [isCatalogueOpen, setCatalogueOpen] = useState(false)
  const ask = useMemo(() => async (parameters: object) => await sendOperation(session, { parameters }, () => onLeave('Your session has ended; sign in again.')), [session])
  return (
    <GraphiQL
      fetcher={fetcher}
      storage={storage}
      defaultTabs={examplesFor(session.subject).slice(0, 1).map(({ query }) => ({ query }))}
      defaultEditorToolsVisibility={false}
      isHeadersEditorEnabled={false}
      shouldPersistHeaders={false}
      showPersistHeadersSettings={false}
    >
      <GraphiQL.Logo>
        <ConsoleMenu session={session} development={development} onCatalogue={() => setCatalogueOpen(true)} onSignOut={() => onLeave(undefined)} />
        {isCatalogueOpen ? <Catalogue ask={ask} onClose={() => setCatalogueOpen(false)} /> : null}
      </GraphiQL.Logo>
    </GraphiQL>
  )
}
