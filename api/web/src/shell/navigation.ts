/** The navigation, made from what the pages declare and what one may do. */
import { routes, type NavGroup } from '@/router'
import type { Pair } from '@/i18n/lang'

export const GROUPS: readonly { key: NavGroup; title: Pair }[] = [
  { key: 'overview', title: ['态势', 'Situation'] },
  { key: 'work', title: ['核查处置', 'Verification'] },
  { key: 'analysis', title: ['分析研判', 'Analysis'] },
  { key: 'models', title: ['模型', 'Models'] },
  { key: 'reports', title: ['报告', 'Reports'] },
  { key: 'data', title: ['数据', 'Data'] },
  { key: 'system', title: ['系统', 'System'] },
]

export interface NavItem {
  path: string
  title: Pair
  order: number
}

/** Groups with the pages that `may` allows; a group without any is left out. */
export function navigation(may: (needs: readonly string[]) => boolean): { key: NavGroup; title: Pair; items: NavItem[] }[] {
  const shown = routes.filter((route) => route.meta?.nav && route.meta.title && may(route.meta.needs ?? []))
  return GROUPS.map((group) => ({
    ...group,
    items: shown
      .filter((route) => route.meta!.nav!.group === group.key)
      .map((route) => ({ path: route.path, title: route.meta!.title!, order: route.meta!.nav!.order }))
      .sort((a, b) => a.order - b.order),
  })).filter((group) => group.items.length > 0)
}
