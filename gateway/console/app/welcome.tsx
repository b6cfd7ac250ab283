import type { ReactNode } from 'react'
import type { ConsoleConfig } from './console-config.ts'

interface WelcomeProps {
  readonly config: ConsoleConfig
  readonly failure: string | undefined
  readonly onSignIn: () => void
}

/** What is seen before sign-in: what this is, and the one thing to do. */
export function Welcome({ config, failure, onSignIn }: WelcomeProps): ReactNode {
  return (
    <main className="welcome">
      <h1><img src={icon} alt="" /> Polyseme</h1>
      <p>One graph over the data products of many domains. The same word means different things in different domains; here they stay apart, and records are linked only for a reason that can be shown.</p>
      {failure === undefined ? null : <p className="failure" role="alert">{failure}</p>}
      {config.signIn === undefined
        ? <p>This gateway names no sign-in for the console. Send operations to <code>/graphql</code> with an access token of your issuer.</p>
        : <button type="button" onClick={onSignIn}>Sign in</button>}
      {config.signIn?.development === true ? <p className="hint">This is a demo: at sign-in you choose who you are, without a password.</p> : null}
    </main>
  )
}

const icon = new URL('./icon.svg', import.meta.url).href
