import type { Storage } from '@graphiql/toolkit'

/** Tabs and history of one person: signing in as another shows that one's own, not what the first one typed. */
export function createSubjectStorage(subject: string): Storage {
  const prefix = `polyseme:${subject}:`
  const keys = (): string[] => Object.keys(localStorage).filter((key) => key.startsWith(prefix))
  return {
    getItem: (key) => localStorage.getItem(prefix + key),
    setItem: (key, value) => localStorage.setItem(prefix + key, value),
    removeItem: (key) => localStorage.removeItem(prefix + key),
    clear: () => keys().forEach((key) => localStorage.removeItem(key)),
    get length() {
      return keys().length
    },
  }
}
