import { NORMALIZERS, type NormalizerName } from '@polyseme/kit/lexicon'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { leastCpuMs } from '../../testkit/cpu-time.ts'

const NAMES = Object.keys(NORMALIZERS) as NormalizerName[]

/** Values of the kind that each normaliser is for, and noise. */
const VALUES = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.emailAddress(),
  fc
    .array(fc.constantFrom('+', '0', '00', '(0)', '49', '40', '555', ' ', '-', '/', '٤', '５', 'x', 'ext 5'), { maxLength: 10 })
    .map((parts) => parts.join('')),
  fc.array(fc.constantFrom('DE', '0', '00123', ' ', '.', 'А', 'в', '12'), { maxLength: 8 }).map((parts) => parts.join('')),
  fc
    .array(fc.constantFrom('Contoso', 'Ltd', 'Ltd.', 'Co', '&', 'S.A.', ' ', 'GmbH', 'ß', 'İ', 'Å', 'Ｃ', '\u200B'), { maxLength: 10 })
    .map((parts) => parts.join('')),
)

describe('normalisers', () => {
  const equal: readonly (readonly [NormalizerName, string, readonly string[]])[] = [
    [
      'email',
      'jana.brandt@example.com',
      [
        'Jana.Brandt@Example.COM',
        ' jana.brandt@example.com ',
        'ｊａｎａ.brandt@example.com',
        'jana.brandt@example.com.',
        'mailto:jana.brandt@example.com',
        'Jana Brandt <jana.brandt@example.com>',
        'jana\u200B.brandt@example.com',
      ],
    ],
    ['email', 'a@xn--mnchen-3ya.example', ['a@münchen.example', 'A@MÜNCHEN.example', 'a@xn--mnchen-3ya.example']],
    [
      'phone',
      '+49405550123',
      [
        '+49 40 5550123',
        '+49 (0)40 555-0123',
        '0049 40 5550123',
        '+49/40/5550123',
        '+٤٩ ٤٠ ٥٥٥٠١٢٣',
        '+49 40 5550123 ext. 12',
        'tel:+49405550123',
      ],
    ],
    ['phone', '405550123', ['040 5550123', '040/555 01 23', '(040) 5550123']],
    [
      'country',
      'US',
      ['US', 'us', 'USA', 'U.S.', 'U.S.A.', 'United States', 'united  states of america', 'États-Unis', 'Vereinigte Staaten'],
    ],
    ['country', 'DE', ['Germany', 'Deutschland', 'DEU', 'Allemagne', 'Federal Republic of Germany']],
    ['country', 'GB', ['UK', 'U.K.', 'Great Britain', 'Großbritannien', 'GBR', 'United Kingdom']],
    ['country', 'JP', ['日本', 'Japan', 'JPN']],
    ['taxId', 'DE123456789', ['DE 123 456 789', 'de123456789', 'DE-123.456.789', 'DE0123456789', 'ＤＥ１２３４５６７８９']],
    ['taxId', '12345', ['12345', '0012345', '12-345']],
    [
      'companyName',
      'contoso',
      ['Contoso Ltd', 'CONTOSO, Ltd.', 'Contoso Co., Ltd.', 'contoso inc', 'Ｃontoso GmbH', 'Cοntoso Limited', '  Contoso\u00AD  Corp. '],
    ],
    ['companyName', 'muller and sohn', ['Müller & Sohn GmbH', 'MULLER AND SOHN', 'Müller+and Sohn AG']],
    ['companyName', 'etablissements dupont', ['Établissements Dupont S.A.', 'ETABLISSEMENTS DUPONT SA']],
    ['text', 'a b', ['A  B', 'a\tb', '\u200Ba b\n']],
  ]
  it.each(equal)('E09 %s gives %s for every spelling of it', (name, canonical, spellings) => {
    expect(spellings.map((spelling) => NORMALIZERS[name](spelling))).toEqual(spellings.map(() => canonical))
  })

  const different: readonly (readonly [NormalizerName, string, string])[] = [
    ['email', 'a.b@example.com', 'ab@example.com'],
    ['email', 'a+x@example.com', 'a@example.com'],
    ['phone', '+49 40 5550123', '040 5550123'],
    ['country', 'Niger', 'Nigeria'],
    ['country', 'Austria', 'Australia'],
    ['taxId', 'DE123456789', 'AT123456789'],
    ['companyName', 'Contoso Nord', 'Contoso Süd'],
  ]
  it.each(different)('%s keeps %s and %s apart', (name, one, other) => {
    const [left, right] = [NORMALIZERS[name](one), NORMALIZERS[name](other)]
    expect(left).toBeDefined()
    expect(left).not.toBe(right)
  })

  const none: readonly (readonly [NormalizerName, readonly string[]])[] = [
    [
      'email',
      [
        '',
        'nobody',
        '@example.com',
        'a@',
        'a@b',
        'a@@example.com',
        'a b@example.com',
        'a@exa mple.com',
        'a@1.2.3.4',
        `${'a'.repeat(250)}@example.com`,
      ],
    ],
    ['phone', ['', '12', 'call me', '+1', '1'.repeat(16)]],
    ['country', ['', 'Atlantis', 'Europe', 'XX']],
    ['taxId', ['', 'none', 'n/a', '-', '123']],
    ['companyName', ['', '...', '-']],
    ['text', ['', ' ', '\u200B']],
  ]
  it.each(none)('%s has no form for what is none', (name, values) => {
    expect(values.map((value) => NORMALIZERS[name](value))).toEqual(values.map(() => undefined))
  })

  it('E09 an e-mail address that mixes Latin letters with look-alikes links to nobody', () => {
    expect(NORMALIZERS.email('jаna@example.com')).toBeUndefined()
    expect(NORMALIZERS.email('jana@eхample.com')).toBeUndefined()
    expect(NORMALIZERS.email('анна@пример.рф')).toBe('анна@xn--e1afmkfd.xn--p1ai')
  })

  it.each(NAMES)('E09 %s is idempotent', (name) => {
    fc.assert(
      fc.property(VALUES, (value) => {
        const once = NORMALIZERS[name](value)
        if (once !== undefined) expect(NORMALIZERS[name](once)).toBe(once)
      }),
      { numRuns: 3_000 },
    )
  })

  it('E09 e-mail is injective on canonical addresses: no two of them become one', () => {
    const plain = fc
      .tuple(fc.stringMatching(/^[a-z0-9][a-z0-9._+-]{0,10}$/u), fc.stringMatching(/^[a-z][a-z0-9]{0,8}\.[a-z]{2,5}$/u))
      .map(([local, host]) => `${local}@${host}`)
    fc.assert(
      fc.property(plain, (address) => {
        expect(NORMALIZERS.email(address)).toBe(address)
      }),
      { numRuns: 2_000 },
    )
  })

  it('E09 tax ids are injective up to leading zeros', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Z]{2}[1-9][0-9]{5,10}$/u), (id) => {
        expect(NORMALIZERS.taxId(id)).toBe(id)
      }),
      { numRuns: 1_000 },
    )
  })

  it.each(NAMES)('E10 %s takes 100 KB of hostile text in under 50 ms', (name) => {
    const hostile = ['a', ' ', '.', '0', '+', '@', '(', 'a@', '. ', '\u200B', 'İ', 'ﷺ', '\u0301', 'a.', '<', '\u{1F600}', 'S.A. ', '-'].map(
      (piece) => piece.repeat(Math.ceil(100_000 / piece.length)),
    )
    for (const text of [...hostile, ...hostile.map((one) => one.slice(0, 1_024))]) {
      expect(leastCpuMs(() => NORMALIZERS[name](text), 3)).toBeLessThan(50)
    }
  })
})
