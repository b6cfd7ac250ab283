import type { GatewayConfig } from '../main.ts'
import type { ConfigMap } from './config-reader.ts'

/** `persistedOperations` of a mesh file. */
export function readPersistedOperations(map: ConfigMap | undefined, path: (value: string) => string): GatewayConfig['persistedOperations'] {
  if (map === undefined) return undefined
  const mode = map.oneOf('mode', ['off', 'audit', 'enforce'])
  const files = map.texts('files')
  const exemptScopes = map.texts('exemptScopes')
  const automatic = map.flag('automatic')
  if ((mode ?? 'off') !== 'off' && (files ?? []).length === 0) map.report('config-value', `\`persistedOperations.mode: ${mode}\` without \`files\` would have no operation`, 'name the manifests of your clients, or a folder of them, in `files`')
  map.end()
  return {
    ...(mode === undefined ? {} : { mode }),
    ...(files === undefined ? {} : { files: files.map(path) }),
    ...(exemptScopes === undefined ? {} : { exemptScopes }),
    ...(automatic === undefined ? {} : { automatic }),
  }
}
