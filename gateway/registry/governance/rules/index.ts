import type { GovernanceRule } from '../governance-rule.ts'
import { deprecationComplete } from './deprecation-complete.ts'
import { descriptionsPresent } from './descriptions-present.ts'
import { examplesPresent } from './examples-present.ts'
import { keyPresent } from './key-present.ts'
import { namesFollowConvention } from './names-follow-convention.ts'
import { ownerNamed } from './owner-named.ts'
import { personalDataClassified } from './personal-data-classified.ts'
import { promisesPresent } from './promises-present.ts'
import { readersNamed } from './readers-named.ts'
import { regionsAllowed } from './regions-allowed.ts'
import { reservedNames } from './reserved-names.ts'
import { senseDeclared } from './sense-declared.ts'

/** Every rule of the mesh, in the order in which findings are shown. */
export const GOVERNANCE_RULES: readonly GovernanceRule[] = [
  ownerNamed, readersNamed, regionsAllowed, keyPresent, senseDeclared, personalDataClassified, reservedNames, namesFollowConvention,
  descriptionsPresent, examplesPresent, promisesPresent, deprecationComplete,
]
