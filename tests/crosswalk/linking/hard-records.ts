import type { GoldLink, LinkRecord } from '../../../gateway/crosswalk/linking/index.ts'

/** Two sets of records of the same organisations, written by two careless people. */
export interface HardSet {
  readonly from: readonly LinkRecord[]
  readonly to: readonly LinkRecord[]
  readonly gold: readonly GoldLink[]
}

/** A small generator of its own, so that the set is the same on every machine. */
class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** 0 up to, not including, 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }

  below(bound: number): number {
    return Math.floor(this.next() * bound)
  }

  pick<Value>(values: readonly Value[]): Value {
    const value = values[this.below(values.length)]
    if (value === undefined) throw new TypeError('nothing to pick from')
    return value
  }

  chance(share: number): boolean {
    return this.next() < share
  }
}

const FIRST =
  'Alpine Amber Arctic Aspen Baltic Birch Bright Canyon Cedar Central Clear Coastal Copper Coral Crescent Crystal Delta Eastern Ember Falcon Forest Garnet Golden Granite Grand Harbor Heritage Hudson Iron Ivory Jade Jupiter Lakeside Liberty Lunar Maple Marble Meridian Metro Midland Mountain Northern Oakwood Olive Orchid Pacific Pioneer Prairie Quartz Ridge River Royal Saffron Silver Solar Southern Sterling Summit Sunrise Timber Union Valley Velvet Vista Western Willow'.split(
    ' ',
  )
const SECOND =
  'Bakery Bikes Books Brewing Builders Carpets Catering Ceramics Chemicals Clinics Clothing Coffee Components Consulting Cycles Dairy Design Electric Engineering Farms Fashion Fisheries Flowers Foods Freight Furniture Gardens Glass Hardware Homes Hotels Insurance Interiors Jewellers Kitchens Laundry Lighting Logistics Machines Marine Media Metals Motors Music Optics Outdoors Packaging Paints Papers Pharmacy Photo Plastics Plumbing Printing Records Robotics Roofing Security Ships Shoes Software Solar Sports Steel Systems Textiles Tools Toys Trading Transport Travel Wines'.split(
    ' ',
  )
const THIRD = ['', '', '', 'Group', 'International', 'Services', 'Brothers', 'and Sons', 'Works', 'Partners', 'Holding']
const FORMS = ['Ltd', 'Inc.', 'GmbH', 'LLC', 'AG', '']
const STREETS =
  'Main Street|Church Road|Mill Lane|High Street|Park Avenue|Station Road|Garden Way|River Side|Castle Hill|Market Square|Harbour View|Forest Drive'.split(
    '|',
  )
const CITIES =
  'Arlen Brixton Carvel Dorne Elmsworth Farrow Glenmoor Halden Ingleby Jarrow Kelso Lorne Marlow Norwick Orrin Penley Quill Ravenna Selby Tarn Ulver Varley Wexford Yarrow'.split(
    ' ',
  )

interface Organisation {
  readonly name: string
  readonly form: string
  readonly street: string
  readonly number: number
  readonly city: string
  readonly postcode: string
  readonly phone: string
  readonly founded: number
  readonly staff: number
}

/**
 * `count` organisations, of which 30 % are on one side only. Every record is written with slips: letters swapped,
 * dropped, doubled, words dropped and swapped, fields missing or out of date.
 */
export function makeHardSet(count: number, seed: number): HardSet {
  const random = new Random(seed)
  const from: LinkRecord[] = []
  const to: LinkRecord[] = []
  const gold: GoldLink[] = []
  for (let id = 1; id <= count; id += 1) {
    const organisation = makeOrganisation(random)
    const where = random.next()
    const [left, right] = [String(id), String(count + ((id * 7_919) % count) + 1)]
    if (where < 0.85) from.push({ key: left, values: write(organisation, random) })
    if (where < 0.7 || where >= 0.85) to.push({ key: right, values: write(organisation, random) })
    if (where < 0.7) gold.push({ from: left, to: right })
  }
  return { from, to, gold }
}

function makeOrganisation(random: Random): Organisation {
  const third = random.pick(THIRD)
  return {
    name: [random.pick(FIRST), random.pick(SECOND), third].filter((word) => word !== '').join(' '),
    form: random.pick(FORMS),
    street: random.pick(STREETS),
    number: 1 + random.below(180),
    city: random.pick(CITIES),
    postcode: String(10_000 + random.below(90_000)),
    phone: `0${20 + random.below(70)} ${1_000_000 + random.below(9_000_000)}`,
    founded: 1950 + random.below(72),
    staff: 2 + random.below(400),
  }
}

function write(organisation: Organisation, random: Random): Record<string, unknown> {
  const maybe = <Value>(value: Value, missing: number): Value | null => (random.chance(missing) ? null : value)
  return {
    name: misspellName(organisation, random),
    street: maybe(slip(`${organisation.street} ${random.chance(0.05) ? random.below(180) : organisation.number}`, random, 0.15), 0.15),
    city: maybe(slip(random.chance(0.08) ? random.pick(CITIES) : organisation.city, random, 0.1), 0.1),
    postcode: maybe(slip(random.chance(0.08) ? String(10_000 + random.below(90_000)) : organisation.postcode, random, 0.05), 0.2),
    phone: maybe(random.chance(0.15) ? `0${20 + random.below(70)} ${1_000_000 + random.below(9_000_000)}` : organisation.phone, 0.3),
    founded: maybe(random.chance(0.1) ? organisation.founded + random.below(5) - 2 : organisation.founded, 0.25),
    staff: maybe(Math.max(1, Math.round(organisation.staff * (random.chance(0.4) ? 0.85 + random.next() * 0.3 : 1))), 0.25),
  }
}

function misspellName({ name, form }: Organisation, random: Random): string {
  let words = name.split(' ')
  if (words.length > 1 && random.chance(0.12)) words = words.filter((_, at) => at !== random.below(words.length))
  if (words.length > 1 && random.chance(0.12)) words = [...words.slice(1), words[0] ?? '']
  const written = words.map((word) => slip(word, random, 0.18)).join(' ')
  const whole = form === '' || random.chance(0.3) ? written : `${written} ${form}`
  return random.chance(0.1) ? whole.toUpperCase() : whole
}

/** Perhaps one slip of the keyboard. */
function slip(text: string, random: Random, share: number): string {
  if (text.length < 3 || !random.chance(share)) return text
  const at = 1 + random.below(text.length - 2)
  const letter = String.fromCharCode(97 + random.below(26))
  switch (random.below(4)) {
    case 0:
      return text.slice(0, at) + text.slice(at + 1)
    case 1:
      return text.slice(0, at) + letter + text.slice(at)
    case 2:
      return text.slice(0, at) + letter + text.slice(at + 1)
    default:
      return text.slice(0, at) + (text[at + 1] ?? '') + (text[at] ?? '') + text.slice(at + 2)
  }
}
