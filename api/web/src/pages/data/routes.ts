import type { RouteRecordRaw } from 'vue-router'

export default [
  { path: '/data/sources', component: () => import('./SourcesPage.vue'), meta: { title: ['数据来源与时效', 'Sources'], needs: ['sources.read'], nav: { group: 'data', order: 1 } } },
  { path: '/data/imports', component: () => import('./ImportsPage.vue'), meta: { title: ['文件接入', 'Imports'], needs: ['signals.write'], nav: { group: 'data', order: 2 } } },
  { path: '/data/quarantine', component: () => import('./QuarantinePage.vue'), meta: { title: ['隔离数据', 'Quarantine'], needs: ['signals.write'], nav: { group: 'data', order: 3 } } },
  { path: '/data/exchange', component: () => import('./ExchangePage.vue'), meta: { title: ['数据交换', 'Exchange'], needs: ['exchange.read'], nav: { group: 'data', order: 4 } } },
  { path: '/data/sharing', component: () => import('./SharingPage.vue'), meta: { title: ['数据共享', 'Sharing'], needs: ['sharing.read'], nav: { group: 'data', order: 5 } } },
  { path: '/data/matters', component: () => import('./MattersPage.vue'), meta: { title: ['监管事项清单', 'Matter list'], needs: ['alerts.read'], nav: { group: 'data', order: 6 } } },
] satisfies RouteRecordRaw[]
