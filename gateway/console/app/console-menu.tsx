import { useGraphiQL, useGraphiQLActions } from '@graphiql/react'
import { useEffect, useRef, type ReactNode } from 'react'
import { examplesFor } from './examples.ts'
import type { Session } from './sign-in.ts'

interface ConsoleMenuProps {
  readonly session: Session
  readonly development: boolean
  readonly onCatalogue: () => void
  readonly onSignOut: () => void
}

/** Right of the tabs: the catalogue, examples, who is signed in with which scopes, sign out. */
export function ConsoleMenu({ session, development, onCatalogue, onSignOut }: ConsoleMenuProps): ReactNode {
  const openInNewTab = useOpenInNewTab()
  const examples = examplesFor(session.subject)
  return (
    <div className="console-menu">
      <button type="button" onClick={onCatalogue}>Catalogue</button>
      <select
        aria-label="Examples"
        value=""
        onChange={(event) => {
          const example = examples[Number(event.target.value)]
          if (example !== undefined) openInNewTab(example.query)
        }}
      >
        <option value="">Examples…</option>
        {examples.map((example, index) => <option key={example.title} value={index}>{example.title}</option>)}
      </select>
      <span className="console-subject" title={session.scopes.length === 0 ? 'no scopes' : session.scopes.join('\n')}>
        {session.subject}
        {development ? <small>development sign-in</small> : null}
      </span>
      <button type="button" onClick={onSignOut}>Sign out</button>
    </div>
  )
}

/** The editor fills a new tab by itself, from storage or the default, so our text has to come after that. */
function useOpenInNewTab(): (query: string) => void {
  const actions = useGraphiQLActions()
  const activeTabIndex = useGraphiQL((state) => state.activeTabIndex)
  const queryEditor = useGraphiQL((state) => state.queryEditor)
  const waiting = useRef<string | undefined>(undefined)
  useEffect(() => {
    if (waiting.current === undefined || queryEditor === undefined) return
    queryEditor.setValue(waiting.current)
    waiting.current = undefined
  }, [activeTabIndex, queryEditor])
  return (query) => {
    waiting.current = query
    actions.addTab()
  }
}
