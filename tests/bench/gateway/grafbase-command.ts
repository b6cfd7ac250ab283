import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { installedFile } from './other-gateways.ts'
import { SDL, SUBGRAPHS } from './workload.ts'

export const GRAFBASE = '@grafbase/cli-x86_64-unknown-linux-musl'
const PORT_RANGE_START = 20_000

/** A command line that starts Grafbase's native gateway on the workload and says `ready <url>` once it listens. */
export function grafbaseCommand(urlsText: string, directory: string, coalesce: 'coalesce' | 'each'): readonly string[] {
  const urls = JSON.parse(urlsText) as Record<string, string>
  const folder = join(directory, 'grafbase')
  mkdirSync(folder, { recursive: true })
  for (const name of SUBGRAPHS) writeFileSync(join(folder, `${name}.graphql`), SDL[name])
  writeFileSync(join(folder, 'grafbase.toml'), [
    '[graph]', 'introspection = false',
    '[traffic_shaping]', `inflight_deduplication = ${String(coalesce === 'coalesce')}`,
    ...SUBGRAPHS.flatMap((name) => [`[subgraphs.${name}]`, `url = "${urls[name] ?? ''}"`, `schema_path = "${join(folder, `${name}.graphql`)}"`]),
  ].join('\n'))
  const port = PORT_RANGE_START + Math.floor(Math.random() * 10_000)
  const ready = `(until (exec 3<>/dev/tcp/127.0.0.1/${port}) 2>/dev/null; do sleep 0.1; done; echo "ready http://127.0.0.1:${port}/graphql") &`
  // The shell becomes the gateway, so that processor time and memory are the gateway's.
  return ['bash', '-c', `${ready} cd '${folder}' && exec '${installedFile(GRAFBASE, 'grafbase')}' dev -c grafbase.toml --listen-address 127.0.0.1:${port} >/dev/null`]
}
