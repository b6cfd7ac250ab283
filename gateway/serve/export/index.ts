export { exportRoute, ROWS_TRAILER, type ExportLimits, type ExportRouteOptions } from './export-route.ts'
