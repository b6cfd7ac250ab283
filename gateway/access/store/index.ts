export { AccessDatabase, type AccessDatabaseOptions, type AccessRow } from './access-database.ts'
