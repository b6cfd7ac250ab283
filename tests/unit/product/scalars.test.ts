import { describe, expect, it } from 'vitest'
import { bigIntWire, SCALARS } from '../../../shared/product/scalars.ts'

function parse(name: keyof typeof SCALARS, value: unknown): unknown {
  try {
    return SCALARS[name].parseValue(value)
  } catch {
    return 'refused'
  }
}

describe('scalars', () => {
  it.each([
    ['2024-02-29', '2024-02-29'], ['2023-02-29', 'refused'], ['2000-02-29', '2000-02-29'], ['1900-02-29', 'refused'], ['2024-13-01', 'refused'],
    ['2024-00-10', 'refused'], ['0000-01-01', 'refused'], ['2024-1-1', 'refused'], [' 2024-01-01', 'refused'], [20240101, 'refused'], [null, 'refused'],
  ])('Date %j → %j', (value, expected) => expect(parse('Date', value)).toBe(expected))

  it.each([
    ['2024-02-29T10:00:00Z', '2024-02-29T10:00:00Z'],
    ['2024-02-29t10:00:00z', '2024-02-29T10:00:00Z'],
    ['2024-02-29T10:00:00+02:00', '2024-02-29T08:00:00Z'],
    ['2024-01-01T00:30:00+01:00', '2023-12-31T23:30:00Z'],
    ['2024-02-29T10:00:00.123456Z', '2024-02-29T10:00:00.123456Z'],
    ['2024-02-29T10:00:00.5Z', '2024-02-29T10:00:00.500000Z'],
    ['2024-02-29T10:00:00.000Z', '2024-02-29T10:00:00Z'],
    ['2024-02-29T10:00:00.123456000Z', '2024-02-29T10:00:00.123456Z'],
    ['2024-02-29T10:00:00.1234567Z', 'refused'],
    ['0001-01-01T00:00:00+01:00', 'refused'],
    ['9999-12-31T23:59:59-01:00', 'refused'],
    ['2024-02-29T24:00:00Z', 'refused'],
    ['2024-02-29T10:60:00Z', 'refused'],
    ['2024-02-29T10:00:00', 'refused'],
    ['2024-02-29', 'refused'],
    ['2024-02-29T10:00:00+24:00', 'refused'],
    [1_700_000_000_000, 'refused'],
  ])('DateTime %j → %j', (value, expected) => expect(parse('DateTime', value)).toBe(expected))

  it.each([
    ['12.50', '12.50'], [12.5, '12.5'], ['-0012.5', '-12.5'], ['1e3', '1000'], ['1.5e-3', '0.0015'], ['12.3e1', '123'], [1e21, '1000000000000000000000'],
    ['', 'refused'], ['.5', 'refused'], ['1.', 'refused'], ['NaN', 'refused'], ['Infinity', 'refused'], ['1e99', 'refused'], ['0x10', 'refused'], [true, 'refused'],
    ['9'.repeat(38), '9'.repeat(38)], ['9'.repeat(39), 'refused'],
  ])('Decimal %j → %j', (value, expected) => expect(parse('Decimal', value)).toBe(expected))

  it.each([
    ['9223372036854775807', '9223372036854775807'], ['9223372036854775808', 'refused'], ['-9223372036854775808', '-9223372036854775808'], ['-9223372036854775809', 'refused'],
    [5, '5'], [5.5, 'refused'], ['007', '7'], ['-0', '0'], ['1e3', 'refused'], ['', 'refused'], ['٣', 'refused'], [{}, 'refused'],
  ])('BigInt %j → %j', (value, expected) => expect(parse('BigInt', value)).toBe(expected))

  it.each([
    ['10:00:00', '10:00:00'], ['23:59:59.999999', '23:59:59.999999'], ['24:00:00', 'refused'], ['10:00', 'refused'], ['10:00:00Z', 'refused'],
  ])('LocalTime %j → %j', (value, expected) => expect(parse('LocalTime', value)).toBe(expected))

  it('a 64-bit integer is a number while numbers are exact', () => {
    expect(['9007199254740991', '-9007199254740991', '9007199254740992', '0'].map(bigIntWire)).toEqual([9007199254740991, -9007199254740991, '9007199254740992', 0])
  })
})
