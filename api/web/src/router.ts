/** Pages by area: each folder of `pages/` declares its own in `routes.ts`. The navigation is made from the same declarations. */
import { createRouter, createWebHistory, type RouteRecordRaw } from 'vue-router'
import type { Pair } from '@/i18n/lang'
import { side } from '@/i18n/lang'
import { useMe } from '@/shell/me'

export type NavGroup = 'overview' | 'work' | 'analysis' | 'models' | 'reports' | 'data' | 'system'

declare module 'vue-router' {
  interface RouteMeta {
    /** What the page is called, in the navigation and in the window's title. */
    title?: Pair
    /** Permissions it takes, all of them. */
    needs?: readonly string[]
    /** Where it stands in the navigation; pages without it are reached from others. */
    nav?: { group: NavGroup; order: number; icon?: string }
    /** Without the frame: signing in, the wall screen. */
    bare?: boolean
    /** For people who are not signed in. */
    open?: boolean
  }
}

const areas = import.meta.glob<{ default: RouteRecordRaw[] }>('./pages/*/routes.ts', { eager: true })
export const routes: RouteRecordRaw[] = Object.values(areas).flatMap((area) => area.default)

export const router = createRouter({
  history: createWebHistory('/ui/'),
  routes: [...routes, { path: '/:rest(.*)*', component: () => import('@/shell/NotFound.vue'), meta: { title: ['没有这一页', 'No such page'] } }],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
})

router.beforeEach(async (to) => {
  const me = useMe()
  if (!me.known) for (const one of to.matched) if (typeof one.components?.['default'] === 'function') void (one.components['default'] as () => unknown)() // the page comes while it is asked who is there
  if (!me.known) await me.load()
  if (to.meta.open) return true
  if (me.me === null || me.me.held) return { path: '/sign-in', query: { to: to.fullPath } }
  if (to.meta.needs && !me.can(...to.meta.needs)) return { path: '/not-yours', query: { from: to.fullPath } }
  return true
})

router.afterEach((to) => {
  const name = side(['风险预警', 'Risk early warning'])
  document.title = to.meta.title ? `${side(to.meta.title)} · ${name}` : name
})
