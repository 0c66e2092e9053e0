/** The page each role begins with; the first of one's roles that has one. */
const FIRST: readonly (readonly [role: string, path: string])[] = [
  ['officer', '/tasks'],
  ['office_head', '/tasks'],
  ['leader', '/situation'],
  ['analyst', '/rules'],
  ['approver', '/rules'],
  ['data_scientist', '/models'],
  ['system_admin', '/system'],
  ['security_admin', '/accounts'],
  ['auditor', '/audit'],
]

export function landing(roles: readonly string[], local: boolean, exists: (path: string) => boolean): string {
  const wanted = local ? ['/situation'] : FIRST.filter(([role]) => roles.includes(role)).map(([, path]) => path)
  return wanted.find(exists) ?? '/alerts'
}
