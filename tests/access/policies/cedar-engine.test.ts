import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { CedarEngine } from '../../../gateway/access/policies/cedar-engine.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

it('an engine that is no longer used gives its memory back', () => {
  const residentMb = (): number => {
    collectGarbage()
    return process.memoryUsage().rss / 1_000_000
  }
  const make = (count: number): void => {
    for (let i = 0; i < count; i++) new CedarEngine().load({ one: 'permit (principal, action == Action::"read", resource);' })
  }
  make(20)
  const before = residentMb()
  make(100)
  // Kept, each would hold about 2 MB.
  expect(residentMb() - before).toBeLessThan(100)
})

it('an engine that trapped does not spoil another one', () => {
  const spoiled = new CedarEngine()
  const good = new CedarEngine()
  expect(() => spoiled.split(`permit (principal, action, resource) when { ${'('.repeat(5_000)}true${')'.repeat(5_000)} };`)).toThrow()
  expect(good.split('permit (principal, action, resource);')).toEqual({ policies: ['permit (principal, action, resource);'] })
})
