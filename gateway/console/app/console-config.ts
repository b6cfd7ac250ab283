/** What the gateway tells the console about itself, at `/console/config.json`. */
export interface ConsoleConfig {
  /** Where to sign in; absent when the mesh names no client for the console. */
  readonly signIn?: {
    readonly issuer: string
    readonly clientId: string
    readonly scopes: readonly string[]
    /** The issuer is the development one: anyone can be anyone. */
    readonly development: boolean
  }
}

export async function loadConsoleConfig(): Promise<ConsoleConfig> {
  const response = await fetch('/console/config.json')
  if (!response.ok) throw new Error(`the gateway answered ${response.status}`)
  return await response.json() as ConsoleConfig
}
