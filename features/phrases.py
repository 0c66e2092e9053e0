"""Sound-alike, look-alike, split and abbreviated spellings, phrase by phrase.

The rule: an entry is a phrase that no honest writer writes, so replacing it is safe without looking around.
Where that is not so, the entry stands in `WEAK` and counts only near a second cue.

>>> SURE["制愈"], SURE["薇信"], WEAK["cfy"]
(('治愈', 'sound_alike'), ('微信', 'contact'), ('处方药', 'pinyin'))

Not ok as a sure entry: 保证 → 包证 reversed (ordinary words on both sides), 一月 → 医药 (an ordinary word).
Terms are in the spelling of the plain view: lower case, simplified, half width.
"""

from itertools import combinations, product

_SOUND = """
治愈: 制愈 治域 治瘉 治逾 治喻 治渝 智愈 冶愈 治俞 治yu 痔愈 zhi愈 制瑜 志愈
根治: 根制 根冶 跟治 根智 艮治 根zhi 根致 恨治 gen治
彻底治愈: 彻底制愈 澈底治愈 彻低治愈 彻底冶愈
痊愈: 全愈 诠愈 痊逾 痊俞 痊yu
康复: 康付 慷复 康负
疗效: 疗郊 疗笑 聊效 疗xiao 辽效 疔效 了效
无效退款: 无效推款 无效退宽 无笑退款 无效tui款 无效退欵
副作用: 付作用 副做用 负作用 副作佣 付做用 富作用
祖传秘方: 祖传密方 祖专秘方 祖传蜜方 祖传泌方 组传秘方 祖传mi方
秘方: 泌方 蜜方 秘芳
特效药: 特笑药 特效yao 特郊药 特效钥
糖尿病: 糖niao病 塘尿病 糖鸟病 唐尿病 糖尿bing
高血压: 高血丫 高xue压 高雪压 高血亚 膏血压
癌症: 岩症 ai症 癌正 癌zheng 嵒症
肿瘤: 肿留 中瘤 肿liu 肿流 踵瘤
前列腺: 前列线 前例腺 前咧腺 前列xian
阳痿: 阳wei 阳萎 羊痿 阳委
早泄: 早xie 早谢 早卸 早懈
壮阳: 状阳 壮yang 壮羊 撞阳 装阳
牛皮癣: 牛皮选 牛皮xuan 牛皮鲜 牛皮廯
白癜风: 白殿风 白颠风 白电风 白癫风 白点癜风
医院: 医yuan 依院 医圆 yi院
医生: 医sheng 依生 衣生
专家: 砖家 专jia
手术: 首术 手shu 手朮
减肥: 剪肥 减fei 碱肥 减月巴
瘦身: 兽身 瘦shen
美容: 镁容
整形: 整xing
玻尿酸: 玻niao酸 波尿酸 玻璃尿酸 玻尿suan
肉毒素: 肉du素 肉毒su 肉犊素 肉读素
处方药: 初方药 处芳药 处方yao 处方葯 触方药 处方要 楚方药 处放药 處方药 处fang药 chu方药
处方: 初方 处芳 处fang 触方 楚方 处枋
免处方: 免初方 免处芳 面处方
国药准字: 国药淮字 国药准子 国要准字 国葯准字 国药隼字 国约准字 囯药准字 国药谁字 国药准宇 国yao准字 郭药准字
药品: 药pin 要品 葯品 yao品 药晶
药店: 药dian 葯店
药房: 药fang
买药: 买yao
假药: 假yao
麻醉: 麻zui 嘛醉 麻最
迷药: 迷yao 谜药 迷要 咪药
迷奸: 迷jian 米奸
听话水: 听话氵 听话shui 听画水 厅话水
催情: 崔情 催qing 摧情
安眠药: 安免药 安眠yao 按眠药 安绵药
三唑仑: 三坐仑 三座仑 三挫仑 三唑伦 三作仑
艾司唑仑: 艾司座仑 艾斯唑仑 艾司坐仑
阿普唑仑: 阿普坐仑 阿普座仑
曲马多: 曲马朵 去马多 曲玛多 曲ma多 趋马多
右美沙芬: 右美莎芬 又美沙芬 右美沙分 右镁沙芬
普瑞巴林: 普锐巴林 普瑞巴琳 普瑞吧林 谱瑞巴林
司美格鲁肽: 司美格鲁太 司美格鲁钛 思美格鲁肽 司镁格鲁肽 司美格卢肽 斯美格鲁肽
替尔泊肽: 替尔伯肽 替尔泊太 替而泊肽 替尔泊钛
米非司酮: 米菲司酮 米非司同 米非思酮 米飞司酮
米索前列醇: 米索前列纯 米索前咧醇
打胎: 打tai 打台药
人流: 人liu
堕胎: 堕tai 坠胎 惰胎
伟哥: 伟ge 威哥 伟歌 wei哥 玮哥
西地那非: 西地那飞 西地娜非 西地拿非 希地那非
他达拉非: 他达拉飞 他达啦非 他哒拉非
助听器: 助听气 助听汽 助昕器
医疗器械: 医疗器戒 医疗器诫 医疗气械 医疗器xie 医疔器械 医疗器械戒
械字号: 戒字号 诫字号 械子号 械字耗
注册证: 注册正 注册zheng 注册証
隐形眼镜: 隐型眼镜 隐形眼竟 隐形眼境
美瞳: 美童 美tong 美同 镁瞳
水光针: 水光zhen 氺光针 水光真
美白针: 美白zhen 美白真 镁白针
瘦脸针: 瘦脸zhen 瘦脸真 廋脸针
溶脂针: 溶脂zhen 容脂针 溶脂真 溶指针
保本: 宝本 保ben bao本 堡本 葆本 保夲 饱本 保木保息
保息: 宝息 保xi 堡息 葆息
保本保息: 宝本宝息 保夲保息 保ben保xi 饱本饱息
保收益: 包收yi
收益: 收yi 收溢 受益率 收議 收谥 shou益
高收益: 高收yi 高收溢 膏收益
年化: 年hua 年华收益 年花率 年画收益
利息: 利xi 力息 立息 俐息
返利: 返li 反利 返力 返俐 fan利
返现: 返xian 返县 反现
日返: 日fan 曰返 日反
月返: 月fan 月反现
投资: 投zi 投姿 投滋 tou资 头资 投咨 投姿
理财: 理cai 里财 理才 li财 理材 裡财 理财产晶
集资: 集滋 集zi 集姿 ji资 集咨 积资入股
稳赚: 稳zhuan 稳转不赔 吻赚 稳攥 问赚 wen赚
稳赚不赔: 稳赚不培 稳赚不陪 稳转不赔 稳赚bu赔
躺赚: 躺zhuan 倘赚 淌赚 趟赚
零风险: 零风险险 零疯险 0风险 令风险
拉人头: 拉仁头 拉人投 la人头
虚拟币: 虚拟bi 虚拟毕 虚似币 需拟币
比特币: 比特bi 币特币 比忒币
数字货币: 数字huo币 数字货bi
原始股: 原始gu 园始股 元始股 圆始股 原始骨
股权: 股quan 骨权
股票: 股piao 古票 gu票 骨票
基金: 基jin 鸡金
翻倍: 翻bei 番倍 反倍 fan倍
赚钱: 赚qian 转钱宝 攥钱 zhuan钱 赚銭
月息: 月xi 月习 月熄
本金: 本jin 夲金 苯金
分红: 分hong 分宏 汾红 芬红 份红利
养老: 养lao
贷款: 贷kuan 带款 代宽 dai款
"""
# spellings above that are also ordinary words or parts of them: they need a second cue
_NEED_CUE = (
    "宝本 秘芳 俐息 全愈 康付 康负 根致 了效 蜜方 付作用 要品 专jia 首术 威哥 伟歌 坠胎 美童 美同 受益率 反利 反现 日反 番倍 反倍 带款 头资 力息 立息 聊效"
    " 里财 理才 理材 基jin 鸡金 古票 骨票 骨权 月习 组传秘方 中瘤 戒字号 攥钱 吻赚 问赚 剪肥 兽身 撞阳 装阳 恨治 跟治 富作用 负作用 去马多"
    " 威哥 希地那非 阳萎 早谢 早卸 早懈 状阳 人liu 转钱宝 年画收益 趟赚 0风险 衣生 依生 治渝 智愈 志愈 楚方 触方 养lao 医圆"
)

_SPLIT = """
药: 艹约 艹纟勺
治: 氵台
病: 疒丙
癌: 疒嵒 疒品山
肥: 月巴
胎: 月台
瘤: 疒留
投: 扌殳
钱: 钅戋
债: 亻责
赚: 贝兼
财: 贝才
贷: 代贝
股: 月殳
钻: 钅占
针: 钅十
枪: 木仓
秋: 禾火
炒: 火少
好: 女子女子
睡: 目垂
醉: 酉卒
毒: 龶母
证: 讠正
讯: 讠卂
微: 彳山一几攵
信: 亻言
"""
_SPLIT_WEAK = "木仓 禾火 火少 女子女子 代贝 月台 目垂 贝才"

_CONTACT = """
微信: 葳心 薇心 葳芯 威芯 徽心 维芯 薇信 徽信 威信号 v信 薇芯 微芯号 徽芯 微心号 嶶信 溦信 微伈 微訫 維信 维信号 崴信 葳信 薇❤ 微❤ v❤ 威❤ 绿泡泡 绿色软件 v芯 wei信 微xin 薇号 徽号 溦号 加薇 加v号 微x号 卫星号 vxin weixin wechat
加微信: 加vx 加wx 加v 加薇 家薇 加徽 +vx +wx +v +薇 +徽 佳薇 佳微 伽微 茄薇 嘉薇 家薇信 加威信 +威信 加卫星 +卫星 加威 加w信
加我: +我 佳我 伽我
qq: 扣扣 企鹅号 叩叩 蔻蔻号 球球号 抠抠 扣q q扣
私聊: 丝聊 思聊 斯聊 私liao 撕聊 si聊 厶聊
电话: 电hua 典话 dian话
飞机: 灰机号 telegram 电报群
"""
_CONTACT_WEAK = "+我 佳我 伽我 家薇 加威 家薇信 丝聊 思聊 抠抠 叩叩 绿色软件 徽号 典话"

_PINYIN = """
处方药: cfy
治疗: zhiliao
治愈率: zyl
治愈: zhiyu
有效率: yxl
无副作用: wfzy
药品: yaopin
减肥: jianfei
保本: baoben
理财: licai
投资: touzi
虚拟币: xnb
比特币: btb
收益率: syl
返利: fanli
疗效: liaoxiao
肿瘤: zhongliu
糖尿病: tnb
高血压: gxy
安眠药: amy
听话水: ths
迷药: miyao
催情: cuiqing
微信: vx wx vxid wxid weix
肉毒素: rds
玻尿酸: bns
司美格鲁肽: smgl smglt
国药准字: gyzz
注册证: zcz
医疗器械: ylqx
呼吸机: hxj
水光针: sgz
营养费: yyf
"""


_KEY_WORDS = """
根治 根除 断根 除根 去根 药全停 药都停 治愈 治好 痊愈 康复 复发 见效 起效 无效 有效率 治愈率 成功率 转阴率 特效药 神药 停药 吃药 不吃药 西药 中药 秘方 古方 祖传秘方 家传 无效退款 不收钱 不要钱 全额退 永不复发 不复发 不反弹
零风险 无风险 副作用 无副作用 绝对安全 最安全 一次见效 三天见效 疗程 分钟 永久 终身 唯一 全国第一 首选 神器 神效 奇效 克星 福音 专治 主治 包治 包好
糖尿病 糖友 高血压 高血脂 高血糖 血管 血脂 血压 血糖 降血糖 降血压 降血脂 降糖 降压 降脂 胰岛素 痛风 尿酸 风湿 类风湿 关节炎 关节痛 滑膜炎 颈椎病 颈椎 腰椎 腰突 腰间盘突出 椎间盘 骨质增生 骨折 骨刺 股骨头坏死 接骨 脑梗 脑血栓 中风 偏瘫
冠心病 心脏病 心梗 前列腺 前列腺炎 肾虚 补肾 早泄 阳痿 壮阳 延时 增大 增粗 性功能 不孕不育 不孕 试管婴儿 肿瘤 癌症 癌细胞 抗癌 防癌 肝癌 肺癌 胃癌 肠癌 乳腺癌 宫颈癌 白血病 乙肝 肝病 肝硬化 脂肪肝 转阴 尿毒症 肾病 肾结石 胃病 胃炎 肠胃 肠炎
幽门螺杆菌 鼻炎 鼻窦炎 咽炎 哮喘 咳嗽 气管炎 失眠 安眠药 抑郁 抑郁症 焦虑 癫痫 帕金森 老年痴呆 精神病 牛皮癣 银屑病 皮肤病 湿疹 皮炎 荨麻疹 白癜风 灰指甲 脚气 手足癣 痔疮 肛瘘 便秘 脱发 生发 秃顶 狐臭 腋臭 打呼噜 近视 近视眼 远视 弱视 青光眼 白内障
飞蚊症 耳鸣 耳聋 口臭 牙疼 牙周炎 甲状腺 结节 乳腺增生 子宫肌瘤 囊肿 息肉 妇科 宫寒 痛经 月经 更年期 静脉曲张 老烂腿 渐冻症 红斑狼疮 带状疱疹 尖锐湿疣 梅毒 艾滋病 自闭症 多动症 增高 长高 老中医 名中医 神医 名医 中医 军医 老军医 专家 医院 孢子粉 灵芝 干细胞 免疫力
减肥 瘦身 丰胸 隆胸 隆鼻 双眼皮 眼袋 植发 种植牙 祛斑 祛痘 除皱 去皱 瘦脸 美白 年轻 逆龄 抗衰 抗衰老 玻尿酸 肉毒素 热玛吉 超声刀 水光针 瘦脸针 美白针 除皱针 溶脂针 少女针 线雕 埋线 加微信 代购 处方药 抗生素 激素 止痛 消肿 止痒 排毒 包邮 私信 货到付款 预约 无痛 三高
保本 保息 保本保息 收益 高收益 年化 月息 日息 利息 返利 返现 返租 月返 日返 返本 退本 回购 回报 分红 投资 理财 集资 众筹 入股 认购 认养 原始股 股权 股东 份额 本金 起投 稳赚 躺赚 翻倍 静态 动态 静态收益 动态收益 拉人头 虚拟币 挖矿 矿机 数字藏品 养老 床位 康养 外汇 跟单 操盘 平台 进群
非法集资 集资诈骗 诈骗 骗局 骗子 被骗 骗走 跑路 失联 爆雷 暴雷 崩盘 提现 提不出 兑付 逾期 立案 报案 报警 警察 公安 刑拘 维权 受害人 落网 主犯 卷款 曝光 资金盘 传销 私募 拼单 消费返利 包回收 包赔 会头 会脚 血汗钱 租金 退还 资金链 充值 房东 房子 合伙人 股份 加盟 年返 到期退 每年返
司美格鲁肽 替尔泊肽 减肥笔 阿莫西林 头孢 头孢克肟 左氧氟沙星 阿奇霉素 奥司他韦 西地那非 他达拉非 伐地那非 达泊西汀 希爱力 万艾可 佐匹克隆 唑吡坦 艾司唑仑 阿普唑仑 地西泮 氯硝西泮 劳拉西泮 曲马多 可待因 羟考酮 普瑞巴林 加巴喷丁 依托咪酯 右美沙芬 米非司酮
米索前列醇 专注达 哌甲酯 莫达非尼 聪明药 优甲乐 二甲双胍 恩替卡韦 奥希替尼 吉非替尼 仑伐替尼 球蛋白 白蛋白 丙种球蛋白 生长激素 长高针 保妥适 免处方 代开处方 买药 购药 烟油 笑气 听话水 印度版 堕胎药 打胎药 迷奸药 摇头丸 冰毒 止咳水
隐形眼镜 塑形镜 助听器 呼吸机 制氧机 雾化器 血糖仪 血压计 血氧仪 血糖试纸 试纸 射频仪 射频 脱毛仪 哺光仪 种植体 隐形牙套 牙套 注册证 械字号 医疗器械 胰岛素泵 输液器 注射器 留置针 童颜针 婴儿针 填充剂 检测卡 彩超 美瞳 说明书 医保
麻醉机 退热贴 冷敷贴 二手 水货 港版 监护仪 隆鼻针
"""
_READ = """
根gen 治zhi 除chu 断duan 去qu 愈yu 痊quan 康kang 复fu 发fa 见jian 效xiao 起qi 有you 无wu 率lv 成cheng 功gong 转zhuan 阴yin 特te 药yao 神shen 停ting 全quan 都dou 吃chi 不bu 西xi 中zhong 秘mi 古gu 方fang 祖zu 传chuan 家jia 退tui 款kuan 收shou
钱qian 要yao 额e 永yong 反fan 弹tan 零ling 风feng 险xian 副fu 作zuo 用yong 绝jue 对dui 安an 最zui 一yi 次ci 三san 天tian 疗liao 程cheng 分fen 钟zhong 久jiu 终zhong 身shen 唯wei 国guo 第di 首shou 选xuan 器qi 奇qi 克ke 星xing 福fu 音yin 专zhuan 主zhu 包bao
糖tang 尿niao 病bing 友you 高gao 血xue 压ya 脂zhi 管guan 降jiang 胰yi 岛dao 素su 痛tong 酸suan 湿shi 类lei 关guan 节jie 炎yan 滑hua 膜mo 颈jing 椎zhui 腰yao 突tu 间jian 盘pan 出chu 骨gu 质zhi 增zeng 生sheng 折zhe 刺ci 股gu 头tou 坏huai 死si 接jie 脑nao 梗geng 栓shuan 偏pian
瘫tan 冠guan 心xin 脏zang 前qian 列lie 腺xian 肾shen 虚xu 补bu 早zao 泄xie 阳yang 痿wei 壮zhuang 延yan 时shi 大da 粗cu 性xing 能neng 孕yun 育yu 试shi 婴ying 儿er 肿zhong 瘤liu 癌ai 症zheng 细xi 胞bao 抗kang 防fang 肝gan 肺fei 胃wei 肠chang 乳ru 宫gong 白bai 乙yi 硬ying 化hua 肪fang
毒du 结jie 石shi 幽you 门men 螺luo 杆gan 菌jun 鼻bi 窦dou 咽yan 哮xiao 喘chuan 咳ke 嗽sou 气qi 失shi 眠mian 抑yi 郁yu 焦jiao 虑lv 癫dian 痫xian 帕pa 金jin 森sen 老lao 年nian 痴chi 呆dai 精jing 牛niu 皮pi 癣xuan 银yin 屑xie 肤fu 疹zhen 荨xun 麻ma 癜dian 灰hui 指zhi 甲jia 脚jiao 手shou 足zu
痔zhi 疮chuang 肛gang 瘘lou 便bian 脱tuo 秃tu 顶ding 狐hu 臭chou 腋ye 打da 呼hu 噜lu 近jin 视shi 眼yan 远yuan 弱ruo 青qing 光guang 内nei 障zhang 飞fei 蚊wen 耳er 鸣ming 聋long 口kou 牙ya 疼teng 周zhou 状zhuang 子zi 肌ji 囊nang 息xi 肉rou 妇fu 科ke 寒han 经jing 月yue 更geng 期qi
静jing 脉mai 曲qu 张zhang 烂lan 腿tui 渐jian 冻dong 红hong 斑ban 狼lang 带dai 疱pao 尖jian 锐rui 疣you 梅mei 艾ai 滋zi 自zi 闭bi 多duo 动dong 长zhang 名ming 军jun 医yi 院yuan 孢bao 粉fen 灵ling 芝zhi 干gan 免mian 疫yi 力li 减jian 肥fei 瘦shou 丰feng 胸xiong 隆long 双shuang 袋dai
植zhi 种zhong 祛qu 痘dou 皱zhou 脸lian 美mei 轻qing 逆ni 龄ling 衰shuai 玻bo 热re 玛ma 吉ji 超chao 声sheng 刀dao 水shui 针zhen 溶rong 少shao 女nv 线xian 雕diao 埋mai 加jia 微wei 信xin 代dai 购gou 处chu 激ji 止zhi 消xiao 痒yang 排pai 邮you 私si 货huo 到dao 付fu 预yu 约yue 好hao
保bao 本ben 益yi 利li 返fan 现xian 租zu 回hui 报bao 投tou 资zi 理li 财cai 集ji 众zhong 筹chou 入ru 认ren 原yuan 始shi 权quan 东dong 份fen 稳wen 赚zhuan 躺tang 翻fan 倍bei 态tai 拉la 人ren 拟ni 币bi 挖wa 矿kuang 机ji 数shu 字zi 藏cang 品pin 床chuang 位wei 外wai 汇hui 跟gen 单dan 操cao 平ping 台tai 进jin 群qun 非fei 法fa 诈zha 骗pian 局ju 被bei 走zou 跑pao 路lu 联lian 爆bao 雷lei 暴bao 崩beng 提ti 兑dui 逾yu 立li 案an 警jing 察cha 公gong 刑xing 拘ju 维wei 受shou 害hai 落luo 网wang 犯fan 卷juan 曝bao 销xiao 募mu 拼pin 费fei 赔pei 会hui 汗han
丁ding 万wan 丙bing 丸wan 乐le 买mai 二er 仑lun 他ta 伐fa 优you 佐zuo 冰bing 劳lao 匹pi 卡ka 印yin 可ke 右you 司si 吡bi 听ting 咪mi 哌pai 唑zuo 喷pen 因yin 地di 坦tan 堕duo 奥ao 奸jian 妥tuo 尔er 尼ni 左zuo 巴ba 希xi 度du 待dai 恩en 托tuo 摇yao 明ming 普pu 替ti 格ge 氟fu 氧yang 氯lv 汀ting 沙sha 油you 泊bo 注zhu 泮pan 烟yan 版ban 球qiu 瑞rui 硝xiao 笑xiao 米mi 索suo 羟qiang 考kao 聪cong 肟wo 肽tai 胍gua 胎tai 芬fen 莫mo 蛋dan 话hua 达da 迷mi 适shi 那na 酮tong 酯zhi 醇chun 阿a 霉mei 韦wei 马ma 鲁lu 林lin 开kai 依yi 爱ai
隐yin 形xing 镜jing 塑su 助zhu 吸xi 制zhi 雾wu 仪yi 计ji 纸zhi 射she 频pin 毛mao 哺bu 体ti 套tao 册ce 证zheng 械xie 号hao 泵beng 输shu 液ye 留liu 置zhi 童tong 颜yan 填tian 充chong 剂ji 检jian 测ce 彩cai 瞳tong 说shuo 书shu
醉zui 敷fu 港gang 监jian 护hu 贴tie 冷leng
"""
_STAND_INS = """
根艮亘 治冶智致志 愈玉喻遇裕 药葯钥要 效郊笑校 断段缎 险硷捡验 全荃诠 尿鸟 压丫亚鸭 糖唐塘搪 癌岩哎 瘤留流溜 癣选鲜藓廯 癜颠殿癫点瘢 障章幛 复付负 秘密蜜泌 祖组 传专船 孕运 副付负富 减剪碱 肥月巴 痘豆 斑班 湿温
疮仓 眠棉绵 腺线 素索 酸唆 脂指 胰姨 螺罗 痔寺 失矢 孢苞 子孑 风疯峰丰 痛通 血雪穴 高膏 前钱 肝干 胃味 专砖 医衣依 院园圆 脱托 植值 牙芽 美镁每 退腿推 款宽 弹蛋 永勇 发法 作做 用佣 停亭 皱邹 喘揣 疹诊 炎言 颈劲 椎锥
返反 息西习 资姿滋 财材才 联连 非飞 态太 群裙 原圆 租组 益溢 现线 赚转攥 化花 保宝堡 本苯夲 红宏鸿 老佬 跑泡 路鹿 筹愁 诈炸
肽太态钛 泊博伯 莫末摸 氟福呋 氧养 霉梅酶 奥澳傲 韦伟维 唑座坐挫 仑伦轮论 泮盼潘 马码玛 多哆 瑞锐 巴吧八 喷盆 咪米 酯脂值 沙纱砂 芬分纷 酮铜童 哌派 尼泥妮 胍瓜 恩嗯 吡比 佐左 鲁卢 司斯 那哪 拉啦 匹皮 隆龙 妥托 堕惰 聪匆 奸尖 林淋 度渡
械诫戒谢 瞳童同铜痛 颜言严 少哨 光咣莞广 玻坡破波啵菠 册侧策
形型性 贴帖
注柱驻
计记
听厅
器气
雾务
纸只
仪义
机鸡
膜摸
射摄
输书
液夜
塑素
镜竟境
哺普
敷夫
瘦受
"""
_ORDINARY = frozenset(
    [
        "衣保",
        "依保",
        "中要",
        "买要",
        "购要",
        "通风",
        "吃要",
        "神要",
        "见笑",
        "致好",
        "智好",
        "志好",
        "脱法",
        "值发",
        "干病",
        "味病",
        "止通",
        "中依",
        "名衣",
        "军依",
        "家专",
        "通经",
        "不运",
        "生法",
        "复法",
        "中峰",
        "中丰",
        "西要",
        "奇校",
        "提线",
        "反本",
        "动太",
        "静太",
        "月反",
        "日反",
        "利西",
        "年花",
        "反现",
        "入骨",
    ]
)
# one sign of a key word written in Latin letters, or by one that sounds or looks like it; two-sign words need a second cue for the latter


def _add(found: dict[str, tuple[str, str]], word: str, at: tuple[int, ...], others: list[set[str]]) -> None:
    """Every spelling of the word with the signs at these places replaced."""
    for signs in product(*(sorted(others[i]) if i in at else word[i] for i in range(len(word)))):
        found.setdefault("".join(signs), (word, "sound_alike"))


def _mixed_spellings() -> tuple[dict[str, tuple[str, str]], dict[str, tuple[str, str]]]:
    """Key words with one sign (of longer words two) spelt by sound, or by its initial, or replaced: sure ones, and those that need a second cue.

    >>> SURE["有xiao率"], SURE["停yao"], SURE["白瘢疯"], WEAK["断艮"]
    (('有效率', 'sound_alike'), ('停药', 'sound_alike'), ('白癜风', 'sound_alike'), ('断根', 'sound_alike'))
    """
    read = {pair[0]: pair[1:] for pair in _READ.split()}
    swaps = {pair[0]: pair[1:] for pair in _STAND_INS.split()}
    words = _KEY_WORDS.split()
    sure: dict[str, tuple[str, str]] = {}
    weak: dict[str, tuple[str, str]] = {}
    for word in words:
        longer = len(word) > 2
        spelt = [({read[sign], read[sign][0]} if longer else {read[sign]}) if sign in read else set[str]() for sign in word]
        drawn = [set(swaps.get(sign, "")) for sign in word]
        for one in combinations(range(len(word)), 1):
            _add(sure, word, one, spelt)
            _add(sure if longer else weak, word, one, drawn)
        for two in combinations(range(len(word)), 2) if longer else ():
            _add(sure, word, two, [{s for s in a if len(s) > 1} | b for a, b in zip(spelt, drawn, strict=True)])
    return sure, {wrong: right for wrong, right in weak.items() if wrong not in words and wrong not in _ORDINARY}


def _entries(table: str, name: str) -> dict[str, tuple[str, str]]:
    pairs = (line.split(": ") for line in table.split("\n") if line)
    return {wrong: (right, name) for right, wrongs in pairs for wrong in wrongs.split() if wrong != right}


def _with_add(contact: dict[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    """`加` or `+` before a disguise of 微信 belongs to it: the longer entry keeps 加v信 from being read as 加v."""
    return {add + k: ("加微信", n) for k, (v, n) in contact.items() if v == "微信" for add in "加+"} | contact


_ALL = _entries(_SPLIT, "split_character") | _entries(_SOUND, "sound_alike") | _with_add(_entries(_CONTACT, "contact"))
_UNSURE = frozenset(f"{_NEED_CUE} {_SPLIT_WEAK} {_CONTACT_WEAK}".split())

_SURE_MIXED, _WEAK_MIXED = _mixed_spellings()
SURE: dict[str, tuple[str, str]] = {k: v for k, v in (_SURE_MIXED | _ALL).items() if k not in _UNSURE}
WEAK: dict[str, tuple[str, str]] = {k: v for k, v in _WEAK_MIXED.items() if k not in SURE}
WEAK |= {k: v for k, v in _ALL.items() if k in _UNSURE} | _entries(_PINYIN, "pinyin")

READINGS: dict[str, str] = {pair[0]: pair[1:] for pair in _READ.split()}
"""Sign → how it is read, in Latin letters."""
STAND_INS: dict[str, str] = {pair[0]: pair[1:] for pair in _STAND_INS.split()}
"""Sign → signs that are written for it because they sound or look like it."""
