import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '/signals', component: () => import('./SignalList.vue'), meta: { title: ['信号', 'Signals'], needs: ['signals.read'], nav: { group: 'analysis', order: 3 } } },
  { path: '/signals/:id(\\d+)', component: () => import('./SignalDetail.vue'), props: true, meta: { title: ['信号详情', 'Signal'], needs: ['signals.read'] } },
  { path: '/trace/:object', component: () => import('./TracePage.vue'), props: true, meta: { title: ['全程追踪', 'Followed'], needs: ['tasks.read'] } },
  { path: '/runs', component: () => import('./RunList.vue'), meta: { title: ['研判运行', 'Runs'], needs: ['runs.read'], nav: { group: 'analysis', order: 30 } } },
  { path: '/runs/:id(\\d+)', component: () => import('./RunDetail.vue'), props: true, meta: { title: ['运行详情', 'Run'], needs: ['runs.read'] } },
] satisfies RouteRecordRaw[]
