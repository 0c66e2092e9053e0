import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '/alerts', component: () => import('./AlertList.vue'), meta: { title: ['预警线索', 'Alerts'], needs: ['alerts.read'], nav: { group: 'analysis', order: 1 } } },
  { path: '/alerts/new', component: () => import('./AlertNew.vue'), meta: { title: ['人工登记', 'Enter an alert'], needs: ['alerts.write'] } },
  { path: '/alerts/:id(\\d+)', component: () => import('./AlertDetail.vue'), props: true, meta: { title: ['预警详情', 'Alert'], needs: ['alerts.read'] } },
] satisfies RouteRecordRaw[]
