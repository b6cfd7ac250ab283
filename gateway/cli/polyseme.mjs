#!/usr/bin/env node
// Plain JavaScript that any Node since 12 can load: it makes sure that the TypeScript entry runs on a Node that can run it.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const REQUIRED_MAJOR = 24

if (Number(process.versions.node.split('.')[0]) >= REQUIRED_MAJOR) {
  // Stripped and compiled modules are kept for the next start, which is then about twice as fast.
  module.enableCompileCache()
  await import('./polyseme.ts')
} else {
  const pinned = findPinnedNode()
  if (pinned === undefined) {
    console.error(`error NODE_TOO_OLD: this is Node ${process.versions.node} and Polyseme needs ${REQUIRED_MAJOR} or later; \`npm ci\` in the checkout or \`npm install node@26\` beside the package brings one`)
    process.exitCode = 1
  } else {
    runOn(pinned)
  }
}

/** The Node that the npm package `node` brings, if it is installed and is not the one that is running. */
function findPinnedNode() {
  try {
    const manifest = module.createRequire(import.meta.url).resolve('node/package.json')
    const binary = join(dirname(manifest), 'bin', process.platform === 'win32' ? 'node.exe' : 'node')
    return existsSync(binary) && binary !== process.execPath ? binary : undefined
  } catch {
    return undefined
  }
}

/** Runs this file again on another Node. The IPC channel tells the child when this process is gone, however it went. */
function runOn(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 143)
    process.disconnect?.()
  })
}
