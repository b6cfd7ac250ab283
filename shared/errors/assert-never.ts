/** Makes a `switch` over a union exhaustive: a new member without a case does not compile. */
export function assertNever(value: never): never {
  throw new TypeError(`unreachable: ${JSON.stringify(value)}`)
}
