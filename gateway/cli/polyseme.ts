import { runCommandLine } from './run-command-line.ts'

/**
 * The process around a command: signals, output, exit code. Loaded by `polyseme.mjs`, which has made sure of Node.
 */
process.env['APOLLO_TELEMETRY_DISABLED'] = '1'

// What a gateway keeps (agreements, usage, the registry, keys) is for its own user alone; files that a person asked for are not.
if (['demo', 'serve', 'issuer'].includes(process.argv[2] ?? '')) process.umask(0o077)

const stop = new AbortController()
let toldAtMs = 0
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // Who asks again a while later does not want to wait; a terminal and the launcher may both pass on the first.
    if (stop.signal.aborted && performance.now() - toldAtMs > 1_000) process.exit(130)
    if (!stop.signal.aborted) toldAtMs = performance.now()
    stop.abort(signal)
  })
}

// A process that Polyseme started (a domain of the demo, the pinned Node) ends when its parent is gone, kill -9 included.
if (process.channel !== undefined) {
  process.on('disconnect', () => stop.abort('disconnect'))
  process.channel.unref()
}

// `polyseme … | head` closes our output early; that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})

process.exitCode = await runCommandLine(process.argv.slice(2), {
  out: (line) => void process.stdout.write(`${line}\n`),
  err: (line) => void process.stderr.write(`${line}\n`),
  env: process.env,
  cwd: process.cwd(),
  signal: stop.signal,
})
