/** Text of somebody else's on one line: nothing in it ends the line, moves the cursor or turns the direction of writing (X03). */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').replace(/[\u202A-\u202E\u2066-\u2069]/gu, '').trim()
}
