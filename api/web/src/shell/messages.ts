import { words } from '@/i18n/words'

export default words({
  name: ['风险预警', 'Risk early warning'],
  skip: ['跳到正文', 'Skip to the page'],
  menu: ['菜单', 'Menu'],
  navigation: ['导航', 'Navigation'],
  yourName: ['你的姓名（记入操作记录）', 'Your name, for the record'],
  otherLanguage: ['EN · Switch to English', '切换为中文'],
  light: ['浅色', 'Light'],
  dark: ['深色', 'Dark'],
  account: ['账号', 'Account'],
  myAccount: ['我的账号', 'My account'],
  signOut: ['退出', 'Sign out'],
})
