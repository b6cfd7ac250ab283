// Health check of a container: `node healthy.mjs URL` ends with 0 when the address answers 2xx within two seconds.
try {
  const { ok } = await fetch(process.argv[2], { signal: AbortSignal.timeout(2_000), redirect: 'error' })
  process.exitCode = ok ? 0 : 1
} catch {
  process.exitCode = 1
}
