#!/bin/sh
# Three levels on invented unions: two counties below a city below a province (`make demo-chain`).
# Prints every command. Takes a folder to work in, which must not exist.
set -e
samples=$(cd "$(dirname "$0")" && pwd)
mkdir "$1"
cd "$1"
run() { printf '\n$ %s\n' "$*"; "$@"; }

printf '\n== 密钥和标识：县向市申请，市向省申请 ==\n'
run converter identity init --keys 省密钥
run converter identity request --keys 市密钥 --name 示例市总工会 --code 1301 -o 市申请.xml
run converter identity endorse 市申请.xml --keys 省密钥 -o 市标识.xml --name 示例省总工会 --code 13
run converter identity join 市标识.xml --keys 市密钥
for county in 甲 乙; do
	test $county = 甲 && code=130102 || code=130103
	run converter identity request --keys ${county}县密钥 --name 示例${county}县总工会 --code $code -o ${county}县申请.xml
	run converter identity endorse ${county}县申请.xml --keys 市密钥 -o ${county}县标识.xml
	run converter identity join ${county}县标识.xml --keys ${county}县密钥
done

printf '\n== 县：收单位的填报表，交给市 ==\n'
mkdir 甲县收件 乙县收件
cp "$samples/01-correct/input/填报.xlsx" 甲县收件/
cp "$samples/03-joint-union/input/"*.xlsx 乙县收件/
for county in 甲 乙; do
	run converter receive ${county}县收件 --store ${county}县登记库 --keys ${county}县密钥
	run converter period close 2026 --store ${county}县登记库
	run converter forward --store ${county}县登记库 --keys ${county}县密钥 -o 市收件/${county}县.zip
done

printf '\n== 市：收两个县的，交给省 ==\n'
run converter receive 市收件 --store 市登记库 --keys 市密钥 --reply 市回复
run converter period close 2026 --store 市登记库
run converter forward --store 市登记库 --keys 市密钥 -o 省收件/市.zip

printf '\n== 省：汇总，只看一个县，查到最上级 ==\n'
run converter receive 省收件 --store 省登记库 --keys 省密钥
run converter stats --store 省登记库
run converter stats --store 省登记库 --union 130103 --units
run converter identity verify 甲县标识.xml --keys 省密钥
printf '\n文件都在 %s\n' "$PWD"
