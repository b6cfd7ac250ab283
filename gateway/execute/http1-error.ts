/** A server does not speak HTTP/1.1 as it should, or says more than it may. */
export class Http1Error extends Error {
  override readonly name = 'Http1Error'
  /** It answered, but with something that is refused: too long, or a redirect. */
  readonly refused: boolean

  constructor(message: string, refused = false) {
    super(message)
    this.refused = refused
  }
}
