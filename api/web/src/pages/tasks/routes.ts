import type { RouteRecordRaw } from 'vue-router'
import { leaving } from '@/shell/leaving'

leaving.add(async () => (await import('./keeping')).askBeforeLeaving())

export default [
  { path: '/tasks', component: () => import('./TaskList.vue'), meta: { title: ['核查任务', 'Tasks'], needs: ['tasks.read'], nav: { group: 'work', order: 1 } } },
  { path: '/tasks/:id(\\d+)', component: () => import('./TaskPage.vue'), props: (route) => ({ id: Number(route.params['id']) }), meta: { title: ['核查任务', 'Task'], needs: ['tasks.read'] } },
  { path: '/tasks/:id(\\d+)/sheet', component: () => import('./TaskSheet.vue'), props: (route) => ({ id: Number(route.params['id']) }), meta: { title: ['任务单', 'Task sheet'], needs: ['tasks.read'], bare: true } },
  { path: '/inbox', component: () => import('./InboxPage.vue'), meta: { title: ['协查与抄告', 'Questions and copies'], needs: ['tasks.read'], nav: { group: 'work', order: 2 } } },
  { path: '/office', component: () => import('./OfficePage.vue'), meta: { title: ['本单位工作', 'My office'], needs: ['tasks.decide'], nav: { group: 'work', order: 3 } } },
  { path: '/campaigns', component: () => import('./CampaignsPage.vue'), meta: { title: ['专项与联合', 'Campaigns and joint tasks'], needs: ['campaigns.read'], nav: { group: 'work', order: 4 } } },
] satisfies RouteRecordRaw[]
