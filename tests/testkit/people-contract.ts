/** People of a domain `hr`, in `people.csv`, with an agreement needed and an address that is confidential; olga owns them. */
export const PEOPLE_CONTRACT = `
apiVersion: v3.1.0
kind: DataContract
id: urn:dataproduct:hr:people:1
name: people
version: 1.0.0
status: active
domain: hr
roles: [{ role: 'hr:read', access: read }]
team: { name: People, members: [{ username: olga, role: owner }] }
customProperties: [{ property: agreement, value: required }]
servers: [{ server: files, type: local, format: csv, path: people.csv }]
schema:
  - name: Person
    physicalName: people
    logicalType: object
    properties:
      - { name: person_id, logicalType: integer, primaryKey: true, required: true }
      - { name: email, logicalType: string, classification: confidential }
`
