/** A country of the demo world, with every spelling that the domains use for it. */
export interface DemoCountry {
  readonly iso2: string
  readonly iso3: string
  readonly english: string
  readonly local: string
  /** Other spellings that people type. */
  readonly variants: readonly string[]
  readonly region: 'EMEA' | 'AMER' | 'APAC'
  readonly currency: string
  readonly timeZone: string
  /** Hours from UTC, for the clock of a sender; summer time is left out. */
  readonly utcOffsetHours: number
  readonly language: string
  readonly dialling: string
  readonly tld: string
  readonly legalForms: readonly string[]
  readonly cities: readonly string[]
  readonly street: string
  /** Organisations per hundred. */
  readonly weight: number
}

/** The countries of the demo world; weights add up to 100. */
export const DEMO_COUNTRIES: readonly DemoCountry[] = [
  {
    iso2: 'DE', iso3: 'DEU', english: 'Germany', local: 'Deutschland', variants: ['Deutschland', 'Federal Republic of Germany', 'germany'],
    region: 'EMEA', currency: 'EUR', timeZone: 'Europe/Berlin', utcOffsetHours: 1, language: 'de', dialling: '49', tld: 'de',
    legalForms: ['GmbH', 'AG', 'GmbH & Co. KG'], cities: ['Hamburg', 'München', 'Köln', 'Stuttgart', 'Leipzig', 'Nürnberg'], street: 'Hafenstraße', weight: 15,
  },
  {
    iso2: 'FR', iso3: 'FRA', english: 'France', local: 'France', variants: ['france', 'FRANCE'],
    region: 'EMEA', currency: 'EUR', timeZone: 'Europe/Paris', utcOffsetHours: 1, language: 'fr', dialling: '33', tld: 'fr',
    legalForms: ['SARL', 'SAS', 'SA'], cities: ['Lyon', 'Paris', 'Nantes', 'Lille', 'Toulouse'], street: 'Rue de la Gare', weight: 8,
  },
  {
    iso2: 'GB', iso3: 'GBR', english: 'United Kingdom', local: 'United Kingdom', variants: ['UK', 'U.K.', 'Great Britain', 'Vereinigtes Königreich'],
    region: 'EMEA', currency: 'GBP', timeZone: 'Europe/London', utcOffsetHours: 0, language: 'en', dialling: '44', tld: 'co.uk',
    legalForms: ['Ltd', 'PLC', 'LLP'], cities: ['London', 'Leeds', 'Bristol', 'Glasgow', 'Cardiff'], street: 'Station Road', weight: 9,
  },
  {
    iso2: 'NL', iso3: 'NLD', english: 'Netherlands', local: 'Nederland', variants: ['Holland', 'The Netherlands', 'Nederland'],
    region: 'EMEA', currency: 'EUR', timeZone: 'Europe/Amsterdam', utcOffsetHours: 1, language: 'nl', dialling: '31', tld: 'nl',
    legalForms: ['B.V.', 'N.V.'], cities: ['Rotterdam', 'Utrecht', 'Eindhoven', 'Groningen'], street: 'Stationsweg', weight: 5,
  },
  {
    iso2: 'ES', iso3: 'ESP', english: 'Spain', local: 'España', variants: ['España', 'Espana', 'spain'],
    region: 'EMEA', currency: 'EUR', timeZone: 'Europe/Madrid', utcOffsetHours: 1, language: 'es', dialling: '34', tld: 'es',
    legalForms: ['S.L.', 'S.A.'], cities: ['Valencia', 'Madrid', 'Sevilla', 'Bilbao'], street: 'Calle Mayor', weight: 5,
  },
  {
    iso2: 'IT', iso3: 'ITA', english: 'Italy', local: 'Italia', variants: ['Italia', 'italy'],
    region: 'EMEA', currency: 'EUR', timeZone: 'Europe/Rome', utcOffsetHours: 1, language: 'it', dialling: '39', tld: 'it',
    legalForms: ['S.r.l.', 'S.p.A.'], cities: ['Torino', 'Milano', 'Bologna', 'Verona'], street: 'Via Garibaldi', weight: 5,
  },
  {
    iso2: 'SE', iso3: 'SWE', english: 'Sweden', local: 'Sverige', variants: ['Sverige', 'sweden'],
    region: 'EMEA', currency: 'SEK', timeZone: 'Europe/Stockholm', utcOffsetHours: 1, language: 'sv', dialling: '46', tld: 'se',
    legalForms: ['AB'], cities: ['Göteborg', 'Stockholm', 'Malmö', 'Uppsala'], street: 'Storgatan', weight: 3,
  },
  {
    iso2: 'PL', iso3: 'POL', english: 'Poland', local: 'Polska', variants: ['Polska', 'poland'],
    region: 'EMEA', currency: 'PLN', timeZone: 'Europe/Warsaw', utcOffsetHours: 1, language: 'pl', dialling: '48', tld: 'pl',
    legalForms: ['Sp. z o.o.', 'S.A.'], cities: ['Kraków', 'Warszawa', 'Poznań', 'Gdańsk'], street: 'ul. Lipowa', weight: 4,
  },
  {
    iso2: 'CH', iso3: 'CHE', english: 'Switzerland', local: 'Schweiz', variants: ['Schweiz', 'Suisse', 'switzerland'],
    region: 'EMEA', currency: 'CHF', timeZone: 'Europe/Zurich', utcOffsetHours: 1, language: 'de', dialling: '41', tld: 'ch',
    legalForms: ['AG', 'GmbH', 'SA'], cities: ['Zürich', 'Basel', 'Bern', 'Genève'], street: 'Bahnhofstrasse', weight: 3,
  },
  {
    iso2: 'US', iso3: 'USA', english: 'United States', local: 'United States', variants: ['USA', 'U.S.', 'U.S.A.', 'United States of America'],
    region: 'AMER', currency: 'USD', timeZone: 'America/New_York', utcOffsetHours: -5, language: 'en', dialling: '1', tld: 'com',
    legalForms: ['Inc.', 'LLC', 'Corp.'], cities: ['Boston', 'Denver', 'Chicago', 'Austin', 'Portland', 'Atlanta'], street: 'Main Street', weight: 19,
  },
  {
    iso2: 'CA', iso3: 'CAN', english: 'Canada', local: 'Canada', variants: ['canada', 'CANADA'],
    region: 'AMER', currency: 'CAD', timeZone: 'America/Toronto', utcOffsetHours: -5, language: 'en', dialling: '1', tld: 'ca',
    legalForms: ['Inc.', 'Ltd.'], cities: ['Toronto', 'Montréal', 'Calgary', 'Halifax'], street: 'King Street', weight: 4,
  },
  {
    iso2: 'BR', iso3: 'BRA', english: 'Brazil', local: 'Brasil', variants: ['Brasil', 'brazil'],
    region: 'AMER', currency: 'BRL', timeZone: 'America/Sao_Paulo', utcOffsetHours: -3, language: 'pt', dialling: '55', tld: 'com.br',
    legalForms: ['Ltda.', 'S.A.'], cities: ['São Paulo', 'Curitiba', 'Recife'], street: 'Rua das Flores', weight: 3,
  },
  {
    iso2: 'MX', iso3: 'MEX', english: 'Mexico', local: 'México', variants: ['México', 'mexico'],
    region: 'AMER', currency: 'MXN', timeZone: 'America/Mexico_City', utcOffsetHours: -6, language: 'es', dialling: '52', tld: 'com.mx',
    legalForms: ['S.A. de C.V.'], cities: ['Monterrey', 'Puebla', 'Guadalajara'], street: 'Avenida Juárez', weight: 3,
  },
  {
    iso2: 'JP', iso3: 'JPN', english: 'Japan', local: '日本', variants: ['日本', 'japan', 'JAPAN'],
    region: 'APAC', currency: 'JPY', timeZone: 'Asia/Tokyo', utcOffsetHours: 9, language: 'ja', dialling: '81', tld: 'co.jp',
    legalForms: ['K.K.', 'Co., Ltd.'], cities: ['Osaka', 'Nagoya', 'Sapporo', 'Fukuoka'], street: 'Chuo-dori', weight: 5,
  },
  {
    iso2: 'AU', iso3: 'AUS', english: 'Australia', local: 'Australia', variants: ['australia', 'AUSTRALIA'],
    region: 'APAC', currency: 'AUD', timeZone: 'Australia/Sydney', utcOffsetHours: 10, language: 'en', dialling: '61', tld: 'com.au',
    legalForms: ['Pty Ltd'], cities: ['Sydney', 'Perth', 'Brisbane', 'Hobart'], street: 'George Street', weight: 4,
  },
  {
    iso2: 'IN', iso3: 'IND', english: 'India', local: 'India', variants: ['india', 'INDIA'],
    region: 'APAC', currency: 'INR', timeZone: 'Asia/Kolkata', utcOffsetHours: 5, language: 'en', dialling: '91', tld: 'in',
    legalForms: ['Pvt. Ltd.', 'LLP'], cities: ['Pune', 'Chennai', 'Kochi', 'Jaipur'], street: 'MG Road', weight: 3,
  },
  {
    iso2: 'SG', iso3: 'SGP', english: 'Singapore', local: 'Singapore', variants: ['singapore', 'SINGAPORE'],
    region: 'APAC', currency: 'SGD', timeZone: 'Asia/Singapore', utcOffsetHours: 8, language: 'en', dialling: '65', tld: 'sg',
    legalForms: ['Pte. Ltd.'], cities: ['Singapore'], street: 'Orchard Road', weight: 2,
  },
]
