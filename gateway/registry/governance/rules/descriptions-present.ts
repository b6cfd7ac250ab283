import { fieldsOf, type GovernanceRule } from '../governance-rule.ts'

export const descriptionsPresent: GovernanceRule = {
  name: 'descriptions-present',
  why: 'A name alone does not say what a row or a field means; that is how one word comes to mean two things.',
  check: (subject) => [
    ...subject.products.filter((product) => isEmpty(product.description)).map((product) => ({
      subject: product.urn, what: `"${product.name}" has no description`, how: 'say under `description.purpose` what the product is for',
    })),
    ...subject.products.flatMap((product) => product.objects).filter((object) => isEmpty(object.description)).map((object) => ({
      subject: object.typeName, what: `${object.typeName} has no description`, how: 'say in `description` what one row is',
    })),
    ...fieldsOf(subject).filter(({ property }) => isEmpty(property.description)).map(({ coordinate }) => ({
      subject: coordinate, what: `${coordinate} has no description`, how: 'say in `description` what the value means, its unit and when it is empty',
    })),
  ],
}

function isEmpty(text: string | undefined): boolean {
  return text === undefined || text.trim() === ''
}
