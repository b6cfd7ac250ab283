import { Kind, print } from 'graphql'

/** A field, an enum value or an input field as a line of SDL. */
export interface SdlMember {
  readonly text: string
  readonly description?: string | undefined
}

/** A type definition: `type X @key(fields: "id")` and its members. */
export function sdlBlock(head: string, members: readonly SdlMember[], description?: string): string {
  const lines = members.map((member) => `${describe(member.description, '  ')}  ${member.text}`)
  return `${describe(description, '')}${head} {\n${lines.join('\n')}\n}`
}

function describe(description: string | undefined, indent: string): string {
  const text = description?.trim() ?? ''
  if (text === '') return ''
  const printed = print({ kind: Kind.STRING, value: text, block: true })
  return `${printed.split('\n').map((line) => (line === '' ? '' : `${indent}${line}`)).join('\n')}\n`
}
