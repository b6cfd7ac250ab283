import { describe } from 'vitest'
import { testRandomOperations } from './random/random-operations.ts'

describe('T01 F04 F05 F07 F08 random meshes, part 3 of 4', () => {
  testRandomOperations(2)
})
