/** An operation cannot be answered by text from the database alone; graphql-js answers it. Never reaches a caller. */
export class NotDirectError extends Error {
  override readonly name = 'NotDirectError'

  constructor() {
    super('the operation needs graphql-js')
  }
}
