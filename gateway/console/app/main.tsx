import '@graphiql/react/setup-workers/vite'
import 'graphiql/style.css'
import './console.css'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { loadConsoleConfig, type ConsoleConfig } from './console-config.ts'
import { findSession, finishSignIn, type Session } from './sign-in.ts'

/** Where the page begins: what the gateway says, then the sign-in that may have just come back, then the page. */
async function start(): Promise<void> {
  const config = await loadConsoleConfig()
  const { session, failure } = await findOrFinishSession(config)
  createRoot(rootElement()).render(<App config={config} session={session} failure={failure} />)
}

async function findOrFinishSession(config: ConsoleConfig): Promise<{ session: Session | undefined; failure: string | undefined }> {
  try {
    const finished = config.signIn === undefined ? undefined : await finishSignIn(config.signIn)
    return { session: finished ?? findSession(), failure: undefined }
  } catch (error) {
    return { session: undefined, failure: `Sign-in failed: ${error instanceof Error ? error.message : String(error)}` }
  }
}

function rootElement(): HTMLElement {
  const element = document.querySelector<HTMLElement>('#console')
  if (element === null) throw new TypeError('index.html has no #console')
  return element
}

start().catch((error: unknown) => {
  rootElement().textContent = `The console could not start: ${error instanceof Error ? error.message : String(error)}`
})
