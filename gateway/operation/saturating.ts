/** Where counting stops: sums and products beyond this are this, so that nothing wraps, turns negative or becomes NaN. */
export const SATURATED = Number.MAX_SAFE_INTEGER

export function saturatingAdd(left: number, right: number): number {
  return Math.min(left + right, SATURATED)
}

/** Of two numbers that are not negative. */
export function saturatingMultiply(left: number, right: number): number {
  return left === 0 || right === 0 ? 0 : Math.min(left * right, SATURATED)
}
