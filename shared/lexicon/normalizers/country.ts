import { foldText } from './fold-text.ts'

/** Country: ISO 3166-1 alpha-2 from a code (two or three letters) or a name in one of the commoner languages. */
export function normalizeCountry(value: string): string | undefined {
  const folded = foldText(value)
  return folded === undefined ? undefined : codesBySpelling().get(comparable(folded))
}

/** Languages whose country names are known; ICU inside Node supplies them. */
const LANGUAGES = ['en', 'de', 'fr', 'es', 'it', 'pt', 'nl', 'pl', 'sv', 'da', 'fi', 'cs', 'ja', 'zh']

/** ISO 3166-1: alpha-2 and alpha-3. */
const ISO_3166 =
  'AD AND AE ARE AF AFG AG ATG AI AIA AL ALB AM ARM AO AGO AQ ATA AR ARG AS ASM AT AUT AU AUS AW ABW AX ALA AZ AZE BA BIH BB BRB BD BGD BE BEL BF BFA BG BGR BH BHR BI BDI BJ BEN BL BLM BM BMU BN BRN BO BOL BQ BES BR BRA BS BHS BT BTN BV BVT BW BWA BY BLR BZ BLZ CA CAN CC CCK CD COD CF CAF CG COG CH CHE CI CIV CK COK CL CHL CM CMR CN CHN CO COL CR CRI CU CUB CV CPV CW CUW CX CXR CY CYP CZ CZE DE DEU DJ DJI DK DNK DM DMA DO DOM DZ DZA EC ECU EE EST EG EGY EH ESH ER ERI ES ESP ET ETH FI FIN FJ FJI FK FLK FM FSM FO FRO FR FRA GA GAB GB GBR GD GRD GE GEO GF GUF GG GGY GH GHA GI GIB GL GRL GM GMB GN GIN GP GLP GQ GNQ GR GRC GS SGS GT GTM GU GUM GW GNB GY GUY HK HKG HM HMD HN HND HR HRV HT HTI HU HUN ID IDN IE IRL IL ISR IM IMN IN IND IO IOT IQ IRQ IR IRN IS ISL IT ITA JE JEY JM JAM JO JOR JP JPN KE KEN KG KGZ KH KHM KI KIR KM COM KN KNA KP PRK KR KOR KW KWT KY CYM KZ KAZ LA LAO LB LBN LC LCA LI LIE LK LKA LR LBR LS LSO LT LTU LU LUX LV LVA LY LBY MA MAR MC MCO MD MDA ME MNE MF MAF MG MDG MH MHL MK MKD ML MLI MM MMR MN MNG MO MAC MP MNP MQ MTQ MR MRT MS MSR MT MLT MU MUS MV MDV MW MWI MX MEX MY MYS MZ MOZ NA NAM NC NCL NE NER NF NFK NG NGA NI NIC NL NLD NO NOR NP NPL NR NRU NU NIU NZ NZL OM OMN PA PAN PE PER PF PYF PG PNG PH PHL PK PAK PL POL PM SPM PN PCN PR PRI PS PSE PT PRT PW PLW PY PRY QA QAT RE REU RO ROU RS SRB RU RUS RW RWA SA SAU SB SLB SC SYC SD SDN SE SWE SG SGP SH SHN SI SVN SJ SJM SK SVK SL SLE SM SMR SN SEN SO SOM SR SUR SS SSD ST STP SV SLV SX SXM SY SYR SZ SWZ TC TCA TD TCD TF ATF TG TGO TH THA TJ TJK TK TKL TL TLS TM TKM TN TUN TO TON TR TUR TT TTO TV TUV TW TWN TZ TZA UA UKR UG UGA UM UMI US USA UY URY UZ UZB VA VAT VC VCT VE VEN VG VGB VI VIR VN VNM VU VUT WF WLF WS WSM YE YEM YT MYT ZA ZAF ZM ZMB ZW ZWE'

const FURTHER: Readonly<Record<string, string>> = {
  uk: 'GB',
  'great britain': 'GB',
  'united kingdom of great britain and northern ireland': 'GB',
  'united states of america': 'US',
  'the united states': 'US',
  'the united states of america': 'US',
  america: 'US',
  holland: 'NL',
  'the netherlands': 'NL',
  'czech republic': 'CZ',
  'republic of ireland': 'IE',
  'russian federation': 'RU',
  'republic of korea': 'KR',
  'federal republic of germany': 'DE',
  brasil: 'BR',
  großbritannien: 'GB',
  grossbritannien: 'GB',
  england: 'GB',
  scotland: 'GB',
  wales: 'GB',
  'people s republic of china': 'CN',
}

let table: ReadonlyMap<string, string> | undefined

function codesBySpelling(): ReadonlyMap<string, string> {
  if (table !== undefined) return table
  const codes = new Map<string, string>(Object.entries(FURTHER))
  const words = ISO_3166.split(' ')
  const names = LANGUAGES.map((language) => new Intl.DisplayNames([language], { type: 'region', fallback: 'none' }))
  for (let at = 0; at < words.length; at += 2) {
    const code = words[at] ?? ''
    for (const displayNames of names) {
      const name = foldText(displayNames.of(code) ?? '')
      // The first language that uses a name decides; codes below win over names.
      if (name !== undefined && !codes.has(comparable(name))) codes.set(comparable(name), code)
    }
  }
  for (let at = 0; at < words.length; at += 2) {
    codes.set((words[at] ?? '').toLowerCase(), words[at] ?? '')
    codes.set((words[at + 1] ?? '').toLowerCase(), words[at] ?? '')
  }
  table = codes
  return codes
}

/** Dotted abbreviations joined (`U.S.A.`), other punctuation as spaces, no diacritics. */
function comparable(folded: string): string {
  return folded
    .normalize('NFD')
    .replaceAll(/\p{M}+/gu, '')
    .replaceAll(/(?<=(?:^|[^\p{L}])\p{L})\. ?/gu, '')
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
}
