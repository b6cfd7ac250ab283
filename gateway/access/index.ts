export type { AuthorizedOperation, DeniedField } from './authorized-operation.ts'
export { conditionsOf, holds, type Condition, type ResponseShape, type ShapeField, type ShapeFragment } from './response-shape.ts'
