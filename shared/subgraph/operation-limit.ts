import { GatewayError } from '../errors/index.ts'

/** Operations that are under way unless `SubgraphOptions.maxOperations` says otherwise: two gateways send 512 each at most. */
export const DEFAULT_MAX_OPERATIONS = 1_024

/**
 * Counts the operations that a subgraph has under way, those that wait for a connection to the data included: beyond a
 * number of them a further one would wait longer than it is worth, and take memory while it does.
 */
export class OperationLimit {
  readonly #max: number
  #underWay = 0

  /** @throws TypeError `max` is no whole number from 1 on. */
  constructor(max: number) {
    if (!Number.isInteger(max) || max < 1) throw new TypeError(`maxOperations is ${max}; it is a whole number from 1 on`)
    this.#max = max
  }

  /** Takes a place, which is given back when what it returns is disposed of. @throws OVERLOADED there is none. */
  enter(): Disposable {
    if (this.#underWay >= this.#max) throw new GatewayError('OVERLOADED', `this subgraph has ${this.#max} operations under way and takes no more at a time; try again shortly`)
    this.#underWay += 1
    return { [Symbol.dispose]: () => void (this.#underWay -= 1) }
  }
}
