import { fieldsOf, type GovernanceRule } from '../governance-rule.ts'

const FIELD = /^[a-z][a-zA-Z0-9]*$/
const OBJECT = /^[A-Z][a-zA-Z0-9]*$/

export const namesFollowConvention: GovernanceRule = {
  name: 'names-follow-convention',
  why: 'One way to write names lets people guess them right across domains.',
  check: (subject) => [
    ...subject.products.flatMap((product) => product.objects).filter((object) => !OBJECT.test(object.name)).map((object) => ({
      subject: object.typeName, what: `the object "${object.name}" is not named in singular PascalCase`, how: `call it ${object.typeName.slice(pascal(subject.domain).length)}`,
    })),
    ...fieldsOf(subject).filter(({ property }) => !FIELD.test(property.field)).map(({ coordinate, property }) => ({
      subject: coordinate, what: `the field "${property.field}" is not named in camelCase`, how: 'name the property in snake_case or camelCase, or set `graphqlName`',
    })),
  ],
}

function pascal(word: string): string {
  return word.split(/[^a-zA-Z0-9]+/).map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join('')
}
