import { describe, expect, it } from 'vitest'
import type { OdcsPropertyBase } from '@polyseme/kit/contract'
import { resolvePropertyType } from '../../../shared/contract/property-type.ts'

function shortOf(property: OdcsPropertyBase): string {
  const { type, list, guessed } = resolvePropertyType(property)
  return `${list ? `[${type}]` : type}${guessed === undefined ? '' : ' ?'}`
}

describe('the type of a property', () => {
  it.each<[string | undefined, string | undefined, string]>([
    // logicalType, physicalType → type
    ['string', undefined, 'string'],
    ['string', 'uuid', 'id'],
    ['string', 'UNIQUEIDENTIFIER', 'id'],
    ['string', 'varchar(10)', 'string'],
    ['integer', undefined, 'integer'],
    ['integer', 'BIGINT', 'bigint'],
    ['integer', 'bigserial', 'bigint'],
    ['integer', 'int8', 'bigint'],
    ['integer', 'smallint', 'integer'],
    ['integer', 'DECIMAL(5,0)', 'integer'],
    ['integer', 'NUMERIC(20)', 'bigint'],
    ['integer', 'HUGEINT', 'bigint'],
    ['integer', 'UINTEGER', 'bigint'],
    ['number', undefined, 'number'],
    ['number', 'DECIMAL(18,2)', 'decimal'],
    ['number', 'numeric', 'decimal'],
    ['number', 'money', 'decimal'],
    ['number', 'double precision', 'number'],
    ['number', 'float8', 'number'],
    ['number', 'int4', 'integer'],
    ['number', 'bigint', 'bigint'],
    ['number', 'NUMBER', 'decimal'],
    ['number', 'NUMBER(9)', 'integer'],
    ['number', 'NUMBER(18,0)', 'bigint'],
    ['number', 'NUMBER(12,3)', 'decimal'],
    ['number', 'serial', 'integer'],
    ['boolean', 'bit', 'boolean'],
    ['date', 'date', 'date'],
    ['date', 'timestamp', 'timestamp'],
    ['date', 'TIMESTAMP_NTZ(9)', 'timestamp'],
    ['date', 'datetime2', 'timestamp'],
    ['date', 'time', 'time'],
    ['date', undefined, 'date'],
    ['timestamp', 'TIMESTAMP WITH TIME ZONE', 'timestamp'],
    ['timestamp', undefined, 'timestamp'],
    ['timestamp', 'VARCHAR', 'timestamp'],
    ['time', undefined, 'time'],
    ['object', 'STRUCT(a INTEGER)', 'json'],
    ['object', undefined, 'json'],
    ['map', 'MAP(VARCHAR, INTEGER)', 'json'],
    ['array', 'INTEGER[]', '[integer]'],
    ['array', 'VARCHAR[]', '[string]'],
    ['array', 'DECIMAL(10,2)[]', '[decimal]'],
    ['array', undefined, '[json] ?'],
    ['array', 'ARRAY<STRING>', '[string]'],
    ['array', 'LIST(DECIMAL(5,2))', '[decimal]'],
    ['array', 'INTEGER[][]', '[json] ?'],
    ['array', 'list', '[json] ?'],
    [undefined, 'text', 'string'],
    [undefined, 'jsonb', 'json'],
    [undefined, 'timestamptz', 'timestamp'],
    [undefined, 'DOUBLE', 'number'],
    [undefined, 'bool', 'boolean'],
    [undefined, 'uuid', 'id'],
    [undefined, 'time without time zone', 'time'],
    [undefined, 'integer[]', '[integer]'],
    [undefined, 'character varying(20)', 'string'],
    [undefined, 'nvarchar(max)', 'string'],
    [undefined, undefined, 'string ?'],
    [undefined, 'geometry', 'string ?'],
    ['money', undefined, 'string ?'],
    [undefined, '', 'string ?'],
  ])('%s over %s is %s', (logicalType, physicalType, expected) => {
    expect(
      shortOf({ ...(logicalType === undefined ? {} : { logicalType }), ...(physicalType === undefined ? {} : { physicalType }) }),
    ).toBe(expected)
  })

  it.each<[OdcsPropertyBase, string]>([
    [{ logicalType: 'string', logicalTypeOptions: { format: 'UUID' } }, 'id'],
    [{ logicalType: 'integer', logicalTypeOptions: { format: 'i64' } }, 'bigint'],
    [{ logicalType: 'integer', logicalTypeOptions: { format: 'u16' } }, 'integer'],
    [{ logicalType: 'integer', logicalTypeOptions: { minimum: -3_000_000_000 } }, 'bigint'],
    [{ logicalType: 'integer', physicalType: 'int', logicalTypeOptions: { format: 'i64' } }, 'integer'],
    [{ logicalType: 'number', logicalTypeOptions: { format: 'f32' } }, 'number'],
    [{ logicalType: 'date', logicalTypeOptions: { format: 'yyyy-MM-dd HH:mm' } }, 'timestamp'],
    [{ logicalType: 'date', logicalTypeOptions: { format: 'HH:mm' } }, 'time'],
    [{ logicalType: 'date', logicalTypeOptions: { format: 'yyyy-MM-dd' } }, 'date'],
    [{ logicalType: 'array', items: { logicalType: 'integer', physicalType: 'bigint' } }, '[bigint]'],
    [{ logicalType: 'array', items: { logicalType: 'object', properties: [{ name: 'a' }] } }, '[json]'],
    [{ logicalType: 'array', items: { logicalType: 'array', items: { logicalType: 'string' } } }, '[json]'],
  ])('of %j is %s', (property, expected) => {
    expect(shortOf(property)).toBe(expected)
  })
})
