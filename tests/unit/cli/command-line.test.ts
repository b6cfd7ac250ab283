import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { runCommandLine } from '../../../gateway/cli/run-command-line.ts'
import { commandNames } from '../../../gateway/cli/commands/index.ts'
import { describe, expect, it } from 'vitest'

interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}

async function run(...argv: string[]): Promise<Outcome> {
  return await runWith({}, argv)
}

async function runWith(env: Readonly<Record<string, string>>, argv: readonly string[]): Promise<Outcome> {
  const out: string[] = []
  const err: string[] = []
  const code = await runCommandLine(argv, {
    out: (line) => out.push(line),
    err: (line) => err.push(line),
    env,
    cwd: import.meta.dirname,
    signal: new AbortController().signal,
  })
  return { code, out: out.join('\n'), err: err.join('\n') }
}

describe('polyseme', () => {
  it.each(['0', '65', 'two', '1.5', ''])('serves with no `--workers %s`', async (workers) => {
    expect(await run('serve', '--config', 'mesh.yaml', `--workers=${workers}`)).toEqual({ code: 2, out: '', err: 'error COMMAND_INVALID: `--workers` is a whole number from 1 to 64' })
  })

  it.each([[], ['help'], ['--help'], ['-h']])('lists every command when called with %j', async (...argv) => {
    const { code, out } = await run(...argv)
    expect(code).toBe(0)
    for (const name of commandNames) expect(out).toMatch(new RegExp(`^  polyseme ${name} +\\S`, 'm'))
  })

  it.each([...commandNames])('shows what `%s` takes, by --help, -h and help', async (name) => {
    const words = name.split(' ')
    const shown = await run(...words, '--help')
    expect(shown.code).toBe(0)
    expect(shown.out).toContain(`polyseme ${name}`)
    expect(await run(...words, '-h')).toEqual(shown)
    expect(await run('help', ...words)).toEqual(shown)
  })

  it.each([...commandNames])('documents every option of `%s`', async (name) => {
    const { loadCommand } = await import('../../../gateway/cli/commands/index.ts')
    const command = await loadCommand(name)
    for (const option of Object.keys(command.options)) expect(command.usage).toContain(`--${option}`)
  })

  it.each([
    [['history', 'sales', 'billing'], 'billing'], [['notices', 'sales', 'billing'], 'billing'], [['rollback', 'sales', '4', '--reason', 'x'], '4'], [['retire', 'sales', 'billing', '--reason', 'x'], 'billing'],
    [['promote', 'sales', '--reason', 'x'], 'sales'], [['end-canary', 'sales', '--reason', 'x'], 'sales'], [['approve', 'sales', 'abc', 'billing', '--reason', 'x'], 'billing'],
  ])('does not pass over a word that it has no use for: %j', async (argv, word) => {
    expect(await run(...argv)).toEqual({ code: 2, out: '', err: `error COMMAND_INVALID: Unexpected argument '${word}'; \`polyseme ${argv[0] ?? ''} --help\` shows what it takes` })
  })

  it('takes a token as it comes out of a file or a header, and says when it is none', async () => {
    const asked: string[] = []
    const gateway = createServer((request, response) => {
      asked.push(`${request.url ?? ''} ${request.headers.authorization ?? ''}`)
      response.end('[]')
    }).listen(0, '127.0.0.1')
    await once(gateway, 'listening')
    const address = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`
    for (const [path, token] of [['', 'abc.def'], ['/', 'abc.def\n'], ['/graphql', ' Bearer abc.def'], ['/registry/', 'bearer abc.def\r\n']] as const) {
      expect(await runWith({ POLYSEME_REGISTRY: `${address}${path}`, POLYSEME_TOKEN: token }, ['history'])).toEqual({ code: 0, out: 'nothing has been published yet', err: '' })
    }
    expect(await runWith({ POLYSEME_REGISTRY: address, POLYSEME_TOKEN: 'two words' }, ['history'])).toEqual({ code: 2, out: '', err: 'error COMMAND_INVALID: what POLYSEME_TOKEN holds is no access token: it has spaces or letters that none has' })
    gateway.close()
    expect(new Set(asked)).toEqual(new Set(['/registry/history?limit=20 Bearer abc.def']))
  })

  it('says that a step may have been made when the connection breaks off, and not when there was none', async () => {
    const gateway = createServer((request) => request.socket.destroy()).listen(0, '127.0.0.1')
    await once(gateway, 'listening')
    const address = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`
    const env = { POLYSEME_REGISTRY: address, POLYSEME_TOKEN: 'abc' }
    const silent = `error REGISTRY_UNAVAILABLE: the registry at ${address} does not answer`
    const retire = ['retire', 'sales', '--reason', 'r']
    expect((await runWith(env, retire)).err).toBe(`${silent}; whether it did what it was asked for says \`polyseme history\`, and a publish may be sent again as it was`)
    expect((await runWith(env, ['history'])).err).toBe(silent)
    gateway.close()
    await once(gateway, 'close')
    expect((await runWith(env, retire)).err).toBe(silent)
  })

  it.each(['ftp://127.0.0.1/', 'file:///etc/passwd', 'localhost:4000', 'nonsense'])('asks no registry at %s', async (address) => {
    expect(await run('history', '--registry', address)).toEqual({ code: 2, out: '', err: `error COMMAND_INVALID: "${address}" is no address of a registry; give --registry as https://… or http://…` })
  })

  it.each([['access', '--help'], ['access', '-h'], ['help', 'access']])('lists the commands of a group when called with %j', async (...argv) => {
    const { code, out } = await run(...argv)
    expect(code).toBe(0)
    const shown = new Set([...out.matchAll(/^  polyseme (\S+ \S+) /gm)].map(([, name]) => name))
    expect(shown).toEqual(new Set(commandNames.filter((name) => name.startsWith('access '))))
  })

  it('a group without one of its commands is an error that names them', async () => {
    expect(await run('contract')).toMatchObject({ code: 2, err: expect.stringContaining('`polyseme contract check`') as unknown })
  })

  it('names the nearest command for an unknown one and exits with 2', async () => {
    expect(await run('tokne')).toEqual({ code: 2, out: '', err: 'error COMMAND_INVALID: there is no command "tokne"; did you mean `polyseme token`?' })
  })

  it.each(['xylophone', '--frobnicate', '__proto__', 'constructor'])('says where to look when nothing is near %j', async (word) => {
    expect(await run(word)).toEqual({ code: 2, out: '', err: `error COMMAND_INVALID: there is no command "${word}"; \`polyseme help\` lists all` })
  })

  it.each([
    ['EACCES', 'this user may not write or read it'],
    ['EROFS', 'it lies on a read-only file system'],
    ['ENOSPC', 'the disk is full'],
  ])('calls %s of a file what it is, and no defect', async (code, why) => {
    const err: string[] = []
    const out = (): never => {
      throw Object.assign(new Error(`${code}: open '/data/demo.lock'`), { code, path: '/data/demo.lock' })
    }
    expect(await runCommandLine(['help'], { out, err: (line) => err.push(line), env: {}, cwd: import.meta.dirname, signal: new AbortController().signal })).toBe(1)
    expect(err).toEqual([`error CONFIG_INVALID: /data/demo.lock cannot be used: ${why}`])
  })

  it('refuses an option that a command does not have', async () => {
    expect(await run('token', '--ass', 'analyst')).toEqual({ code: 2, out: '', err: "error COMMAND_INVALID: Unknown option '--ass'; `polyseme token --help` shows what it takes" })
  })

  it('refuses an argument that a command does not take', async () => {
    expect(await run('demo', 'dat')).toEqual({ code: 2, out: '', err: "error COMMAND_INVALID: Unexpected argument 'dat'; `polyseme demo --help` shows what it takes" })
  })

  it('refuses an option without its value', async () => {
    expect((await run('token', '--as')).err).toMatch(/^error COMMAND_INVALID: Option '--as <value>' argument missing; `polyseme token --help` shows what it takes$/)
  })

  it.each(['-1', '65536', 'x'])('says what a port is to whoever asks for %s', async (port) => {
    expect(await run('demo', '--port', port)).toEqual({ code: 2, out: '', err: `error COMMAND_INVALID: --port takes a number from 0 to 65535, not "${port}"` })
  })

  it('says so where no data directory can be made', async () => {
    expect(await run('demo', '--port', '0', '--data-dir', '/proc/polyseme')).toMatchObject({ code: 1, err: expect.stringMatching(/^error CONFIG_INVALID: the data directory \/proc\/polyseme (lies where no folder can be made|may not be written); name another with --data-dir$/) as unknown })
  })

  it('prints its version', async () => {
    expect((await run('--version')).out).toMatch(/^\d+\.\d+\.\d+$/)
  })
})

describe('polyseme token', () => {
  it('lists the personas when the one asked for does not exist', async () => {
    expect(await run('token', '--as', 'root')).toEqual({
      code: 2,
      out: '',
      err: 'error COMMAND_INVALID: there is no persona "root"; the personas are analyst, sales-analyst-emea, support-agent, billing-clerk, steward, bi-service, nobody',
    })
  })

  it('says how to start the demo when none runs', async () => {
    const { code, err } = await run('token', '--as', 'analyst', '--data-dir', 'nowhere')
    expect(code).toBe(1)
    expect(err).toBe(`error DEMO_NOT_RUNNING: no demo runs on the data directory ${import.meta.dirname}/nowhere; start one with \`npm start\` or name its directory with --data-dir`)
  })
})
