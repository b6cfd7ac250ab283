import type { Adapter, AdapterPayload } from 'oidc-provider'
import { ACCESS_TOKEN_LIFETIME_SEC } from './access-token.ts'

interface Entry {
  readonly payload: AdapterPayload
  readonly expiresAtMs: number
}

/** Entries of all models together; the oldest go first. A development issuer never has that many sign-ins at once. */
const MAX_ENTRIES = 10_000

/** What the provider remembers between requests, in memory: sign-ins are gone when the demo ends. */
export function createMemoryAdapter(): (model: string) => Adapter {
  const entries = new Map<string, Entry>()

  function find(key: string): AdapterPayload | undefined {
    const entry = entries.get(key)
    if (entry === undefined) return undefined
    if (entry.expiresAtMs > Date.now()) return entry.payload
    entries.delete(key)
    return undefined
  }

  function findWhere(model: string, matches: (payload: AdapterPayload) => boolean): AdapterPayload | undefined {
    for (const key of entries.keys()) {
      const payload = key.startsWith(`${model}:`) ? find(key) : undefined
      if (payload !== undefined && matches(payload)) return payload
    }
    return undefined
  }

  return (model) => ({
    upsert: async (id, payload, expiresInSec) => {
      entries.delete(`${model}:${id}`)
      entries.set(`${model}:${id}`, { payload, expiresAtMs: Date.now() + (expiresInSec ?? ACCESS_TOKEN_LIFETIME_SEC) * 1000 })
      const [oldest] = entries.keys()
      if (entries.size > MAX_ENTRIES && oldest !== undefined) entries.delete(oldest)
    },
    find: async (id) => find(`${model}:${id}`),
    findByUid: async (uid) => findWhere(model, (payload) => payload.uid === uid),
    findByUserCode: async (userCode) => findWhere(model, (payload) => payload.userCode === userCode),
    consume: async (id) => {
      const payload = find(`${model}:${id}`)
      if (payload !== undefined) payload.consumed = Math.floor(Date.now() / 1000)
    },
    destroy: async (id) => void entries.delete(`${model}:${id}`),
    revokeByGrantId: async (grantId) => {
      for (const [key, { payload }] of entries) if (payload.grantId === grantId) entries.delete(key)
    },
  })
}
