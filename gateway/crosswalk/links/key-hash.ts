/**
 * Hash of a key's characters, keyed by a seed of its own for each segment, so that nobody who may choose keys can make
 * them collide. Keys are ASCII: `encodeEntityKey` percent-encodes the rest.
 */
export function hashKey(key: string, seed: number): number {
  let hash = seed
  for (let at = 0; at < key.length; at += 1) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
