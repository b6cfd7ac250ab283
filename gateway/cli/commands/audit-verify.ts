import { GatewayError } from '@polyseme/kit/errors'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { AuditHead } from '../../usage/index.ts'
import type { Command } from '../command.ts'
import { DEFAULT_DATA_DIR } from '../data-dir.ts'

/** Checks that the audit log is what was written. */
export const auditVerifyCommand: Command = {
  name: 'audit verify',
  summary: 'check that the audit log is whole and unchanged',
  usage: `polyseme audit verify [--head SEQUENCE:HASH]

  --head S:H       a head that an earlier run printed and you wrote down elsewhere: the log must go through it
  --data-dir DIR   data directory of the gateway (default ${DEFAULT_DATA_DIR})
  --json           one JSON document`,
  options: { head: { type: 'string' }, json: { type: 'boolean' }, 'data-dir': { type: 'string', default: DEFAULT_DATA_DIR } },
  maxPositionals: 0,
  run: async ({ options }, io) => {
    const { verifyAuditLog } = await import('../../usage/index.ts')
    const head = options['head']
    const dir = join(resolve(io.cwd, String(options['data-dir'])), 'audit')
    if (!existsSync(dir)) throw new GatewayError('NOT_FOUND', `there is no audit log in ${dir}; --data-dir names the data directory of the gateway`)
    const verification = await verifyAuditLog(dir, head === undefined ? {} : { expected: parseHead(String(head)) })
    if (verification.kind === 'intact' && verification.files === 0) throw new GatewayError('NOT_FOUND', `${dir} has no file of the log, though a gateway makes one when it starts: they were removed`)
    if (options['json'] === true) io.out(JSON.stringify(verification, null, 2))
    else if (verification.kind === 'intact') {
      const { sequence } = verification.head
      io.out(sequence === 0 ? 'no records: the log was begun, and nothing has been written to it' : `intact: ${sequence} records in ${verification.files} files, head ${sequence}:${verification.head.hash}`)
      if (verification.torn) io.out('the last write was cut off by a crash; it was never acknowledged')
    } else {
      const { file, line, why } = verification.fault
      io.out(`${file}:${line} ${why}`)
      io.out(`broken: good up to record ${verification.lastGood.sequence}`)
    }
    return verification.kind === 'intact' ? 0 : 1
  },
}

function parseHead(text: string): AuditHead {
  const [, sequence, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? []
  if (sequence === undefined || hash === undefined) throw new GatewayError('COMMAND_INVALID', '--head is a record\'s number, a colon and its hash, as an earlier run printed it')
  return { sequence: Number(sequence), hash }
}
