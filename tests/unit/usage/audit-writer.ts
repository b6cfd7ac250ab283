/** A process of its own that writes audit records until it is killed: prints `ready`, then a line for each outcome. */
import { AuditLog, type AuditEntry } from '../../../gateway/usage/index.ts'

const [dir = '', mode = 'forever'] = process.argv.slice(2)
const log = await AuditLog.open({ dir, maxFileBytes: 20_000 })
console.log(`ready ${log.head.sequence}`)

const entry = (requestId: string): AuditEntry => ({
  at: '2026-01-01T00:00:00.000Z', requestId, way: 'graphql', issuer: 'i', subject: 'ana', operation: 'h', products: ['hr/people'], fields: { 'HrPerson.email': 'confidential' }, masked: [], denied: [], outcome: 'answered', rows: 1,
})

if (mode === 'forever') {
  for (let round = 0; ; round++) {
    // A few at once, so that batches are of several records.
    await Promise.all([0, 1, 2].map(async (part) => {
      const id = `${process.pid}-${round}-${part}`
      await log.append(entry(id))
      process.stdout.write(`${id}\n`)
    }))
  }
} else {
  for await (const chunk of process.stdin) {
    for (const id of String(chunk).trim().split('\n')) {
      const outcome = await log.append(entry(id)).then(() => 'written', (error: { code?: string }) => String(error.code))
      console.log(`${id} ${outcome}`)
    }
  }
}
