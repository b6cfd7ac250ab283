/**
 * A text in UTF-8. As bytes it can wait for a disk or a slow client; a long text would be copied by the collector again and again.
 */
export function textBytes(text: string): Buffer {
  // Text of as many bytes as characters is ASCII, and need not be encoded.
  return Buffer.from(text, Buffer.byteLength(text) === text.length ? 'latin1' : 'utf8')
}
