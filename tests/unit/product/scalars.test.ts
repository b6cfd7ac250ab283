import { describe, expect, it, vi } from 'vitest'
import { GraphQLBigInt, GraphQLDate, GraphQLDateTime, GraphQLJSON, GraphQLLocalTime, resolvers } from 'graphql-scalars'
import { bigIntWire, SCALARS } from '../../../shared/product/scalars.ts'

function parse(name: keyof typeof SCALARS, value: unknown): unknown {
  try {
    return SCALARS[name].parseValue(value)
  } catch {
    return 'refused'
  }
}

describe('scalars of graphql-scalars', () => {
  const library = { BigInt: GraphQLBigInt, Date: GraphQLDate, DateTime: GraphQLDateTime, JSON: GraphQLJSON, LocalTime: GraphQLLocalTime }

  it.each(Object.entries(library))('%s has the name, the address of its specification and the beginning of the description of the library', (name, theirs) => {
    const ours = SCALARS[name as keyof typeof library]
    expect([ours.name, ours.specifiedByURL, ours.extensions]).toEqual([theirs.name, theirs.specifiedByURL, theirs.extensions])
    expect(ours.description?.startsWith(theirs.description ?? '?')).toBe(true)
  })

  it('JSON is the library\'s through and through', () => {
    expect({ ...SCALARS.JSON.toConfig() }).toEqual({ ...GraphQLJSON.toConfig() })
  })

  it('there is no decimal without loss in the library, so Decimal is ours', () => {
    expect(Object.keys(resolvers).filter((name) => /decimal$|numeric|money/i.test(name) && name !== 'Hexadecimal')).toEqual(['DeweyDecimal'])
  })
})

describe('what the library alone would lose', () => {
  it('DateTime: microseconds, both ways', () => {
    const moment = '2024-02-29T12:34:56.000001Z'
    expect(GraphQLDateTime.parseValue(moment).toISOString()).toBe('2024-02-29T12:34:56.000Z')
    expect(JSON.stringify(GraphQLDateTime.serialize(moment))).toBe('"2024-02-29T12:34:56.000Z"')
    expect([SCALARS.DateTime.parseValue(moment), SCALARS.DateTime.serialize(moment)]).toEqual([moment, moment])
  })

  it('LocalTime: it refuses microseconds, both ways', () => {
    const time = '23:59:59.999999'
    expect(() => GraphQLLocalTime.parseValue(time)).toThrow('not a valid LocalTime')
    expect(() => GraphQLLocalTime.serialize(time)).toThrow('not a valid LocalTime')
    expect([SCALARS.LocalTime.parseValue(time), SCALARS.LocalTime.serialize(time)]).toEqual([time, time])
  })

  it('Date: it takes a year 0, which no calendar has, and does not show days of the database beyond the year 9999', () => {
    expect(GraphQLDate.parseValue('0000-01-01')).toBeInstanceOf(Date)
    expect(() => SCALARS.Date.parseValue('0000-01-01')).toThrow('cannot represent this value')
    expect(() => GraphQLDate.serialize('10000-01-01')).toThrow('invalid date-string')
    expect(SCALARS.Date.serialize('10000-01-01')).toBe('10000-01-01')
  })

  it('BigInt: it takes integers that no column of 64 bits holds, and a list for a number, and writes to the console', () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue()
    expect([GraphQLBigInt.parseValue('9223372036854775808'), GraphQLBigInt.parseValue([5])]).toEqual([9223372036854775808n, 5])
    expect(() => SCALARS.BigInt.parseValue('9223372036854775808')).toThrow('cannot represent this value')
    expect(() => SCALARS.BigInt.parseValue([5])).toThrow('cannot represent this value')
    expect(warn).toHaveBeenCalledTimes(1)
    warn.mockRestore()
  })
})

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
    ['2024-02-29T10:00:00+01:60', 'refused'],
    ['2024-02-29 10:00:00Z', '2024-02-29T10:00:00Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00Z'],
    [1_700_000_000_000, 'refused'],
  ])('DateTime %j → %j', (value, expected) => expect(parse('DateTime', value)).toBe(expected))

  it.each([
    ['12.50', '12.50'], [12.5, '12.5'], ['-0012.5', '-12.5'], ['1e3', '1000'], ['1.5e-3', '0.0015'], ['12.3e1', '123'], [1e21, '1000000000000000000000'],
    ['', 'refused'], ['.5', 'refused'], ['1.', 'refused'], ['NaN', 'refused'], ['Infinity', 'refused'], ['1e99', 'refused'], ['0x10', 'refused'], [true, 'refused'],
    ['9'.repeat(38), '9'.repeat(38)], ['9'.repeat(39), 'refused'],
  ])('Decimal %j → %j', (value, expected) => expect(parse('Decimal', value)).toBe(expected))

  it.each([
    ['9223372036854775807', '9223372036854775807'], ['9223372036854775808', 'refused'], ['-9223372036854775808', '-9223372036854775808'], ['-9223372036854775809', 'refused'],
    [5, '5'], [5.5, 'refused'], ['007', 'refused'], ['-0', 'refused'], [[5], 'refused'], [true, 'refused'], ['1e3', 'refused'], ['', 'refused'], ['٣', 'refused'], [{}, 'refused'],
  ])('BigInt %j → %j', (value, expected) => expect(parse('BigInt', value)).toBe(expected))

  it.each([
    ['10:00:00', '10:00:00'], ['23:59:59.999999', '23:59:59.999999'], ['24:00:00', 'refused'], ['10:00', '10:00:00'], ['10:00.5', 'refused'], ['10:00:00.5', '10:00:00.5'], ['10:00:00Z', 'refused'],
  ])('LocalTime %j → %j', (value, expected) => expect(parse('LocalTime', value)).toBe(expected))

  it('a 64-bit integer is a number while numbers are exact', () => {
    expect(['9007199254740991', '-9007199254740991', '9007199254740992', '0'].map(bigIntWire)).toEqual([9007199254740991, -9007199254740991, '9007199254740992', 0])
  })
})
