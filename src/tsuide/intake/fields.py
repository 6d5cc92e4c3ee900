"""Which fields each kind of table has, and under which names the usual exports carry them.

Names are compared without case, width, spaces and punctuation (`plain`). An earlier name is a better one:
where two columns answer to one field, the one whose name stands earlier is taken.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, get_args

from tsuide.kit.text import fold

Kind: TypeAlias = Literal[
    "products", "relations", "customers", "consents", "orders", "events", "reviews", "interactions"
]
KINDS: Final[tuple[str, ...]] = get_args(Kind)


def plain(name: str) -> str:
    """The form in which column names are compared.

    >>> plain("Lineitem SKU"), plain("注文　番号"), plain("lineitem_sku")
    ('lineitemsku', '注文番号', 'lineitemsku')
    """
    return re.sub(r"[\W_]+", "", fold(name))


@dataclass(frozen=True, slots=True)
class Field:
    """One field of one kind of table.

    Args:
        name: what `--map NAME=column` calls it.
        names: accepted column names, best first, comma-separated.
        needed: whether a table without it is refused (see also `ONE_OF`).
    """

    name: str
    names: str
    needed: bool = False

    @property
    def accepted(self) -> tuple[str, ...]:
        """The accepted names, the field's own first, in comparable form."""
        names = [plain(one) for one in self.names.split(",")]
        own = plain(self.name)
        return tuple(dict.fromkeys(names if own in names else [own, *names]))


ONE_OF: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "orders": (("product_id", "product_title"), ("unit_price", "amount", "gross")),
    "products": (("id", "title"),),
    "relations": (),
    "customers": (("id", "email"),),
    "consents": (("customer_id",),),
    "events": (("customer_id", "anonymous_id"),),
    "reviews": (),
    "interactions": (("text", "outcome", "who"),),
}

_ORDERS: Final = (
    Field(
        "order_id",
        "注文番号,注文ID,受注番号,受注ID,伝票番号,注文コード,オーダーID,order number,order no,order,"
        "invoice,invoice no,invoice number,transaction id,basket id,receipt id,receipt number,取引ID,"
        "レシート番号,Name",
        needed=True,
    ),
    Field(
        "placed_at",
        "注文日時,受注日時,購入日時,注文日,受注日,購入日,売上日,取引日時,created at,order date,ordered at,"
        "date created,order created date,purchase date,purchased at,invoice date,transaction timestamp,"
        "transaction date,timestamp,datetime,日時,日付,date",
        needed=True,
    ),
    Field("placed_time", "注文時刻,注文時間,受注時刻,時刻,取引時刻,order time,time"),
    Field(
        "customer_id",
        "会員ID,会員番号,顧客ID,顧客番号,顧客コード,会員コード,お客様番号,customer,customer code,customer no,"
        "customer number,client id,customer user id,user id,"
        "household id,member id,account id,buyer id,customer reference id,メールアドレス,"
        "注文者メールアドレス,"
        "email,billing email,email billing,customer email,e-mail",
    ),
    Field(
        "product_id",
        "商品コード,商品ID,商品番号,品番,独自商品コード,システム商品コード,商品管理番号,SKUコード,"
        "lineitem sku,sku,product sku,item sku,product code,product no,product number,product,variant sku,"
        "stock code,item id,item code,item no,item number,article,article number,part number,品目コード,"
        "jan,janコード,gtin,ean,upc,asin",
    ),
    Field(
        "product_title",
        "商品名,品名,商品タイトル,品目名,lineitem name,item name,product name,product title,title,item,"
        "description,order item name",
    ),
    Field(
        "quantity",
        "数量,個数,購入数,購入個数,注文個数,点数,lineitem quantity,qty,units,item quantity,quantity refund",
    ),
    Field(
        "unit_price",
        "単価,販売価格,商品単価,価格,販売単価,商品価格,税込単価,税込価格,lineitem price,price,item cost,"
        "item price,"
        "product price,unit cost price,selling price,unitprice,価格税込,単価税込",
    ),
    Field(
        "amount",
        "小計,金額,商品小計,売上金額,購入金額,明細金額,合計金額明細,line total,item total,order line total,"
        "net sales,sales value,line amount,total price,line subtotal,純売上高,純売上",
    ),
    Field("gross", "gross sales,gross amount,総売上高,総売上"),
    Field(
        "discount",
        "値引,値引き,値引額,値引き額,割引,割引額,クーポン値引額,lineitem discount,discounts,line discount,"
        "item discount,"
        "ディスカウント",
    ),
    Field("currency", "通貨,通貨コード,currency code,order currency"),
    Field("cost", "原価,仕入価格,仕入単価,仕入れ値,unit cost,cost per item,cost price,cost of goods"),
    Field(
        "line",
        "明細番号,行番号,注文明細ID,受注明細ID,line id,line number,line no,line item id,lineitem id,order "
        "item id,item no",
    ),
    Field("line_type", "明細区分(名称),明細区分,order item type"),
    Field(
        "status",
        "対応状況(名称),注文状況,対応状況,受注状況,ステータス,注文ステータス,financial status,"
        "order status,payment status,event type,支払い状況",
    ),
    Field("cancelled_at", "キャンセル日,キャンセル日時,cancelled at,canceled at,cancel date"),
    Field("channel", "販売チャネル,流入経路,モール,店舗,店舗名,sales channel,source,location,store"),
    Field("gift", "ギフト,贈り物,プレゼント,is gift,gift order"),
    Field("category", "カテゴリ,カテゴリー,商品カテゴリ,分類,product category,item category,product type,type"),
)

_PRODUCTS: Final = (
    Field(
        "id",
        "商品コード,商品ID,商品番号,品番,独自商品コード,商品管理番号,SKUコード,variant sku,sku,product id,"
        "item id,product code,item code,stock code,token,id",
    ),
    Field("title", "商品名,品名,商品タイトル,product name,product title,name,item name,item,description title"),
    Field("handle", "handle,url handle,親商品コード,代表商品コード,parent sku,parent,parent id,item group id"),
    Field(
        "category",
        "商品カテゴリ(名称),カテゴリ,カテゴリー,商品カテゴリ,商品カテゴリ名,カテゴリ名,分類,product category,"
        "categories,"
        "category name,"
        "google product category,reporting category,custom product type,type,product type",
    ),
    Field("brand", "ブランド,ブランド名,メーカー,メーカー名,vendor,manufacturer,brands"),
    Field("variant", "種類,バリエーション,規格,規格1,種類名,variant title,variation name,variation"),
    Field("option1", "option1 value,option 1 value,規格分類1(名称),規格分類1,規格分類名1,attribute 1 value(s)"),
    Field("option2", "option2 value,option 2 value,規格分類2(名称),規格分類2,規格分類名2,attribute 2 value(s)"),
    Field("option3", "option3 value,option 3 value,attribute 3 value(s)"),
    Field(
        "price",
        "販売価格,価格,単価,税込価格,販売単価,商品価格,variant price,price,regular price,通常価格,selling price,"
        "sale price effective,base price,list price",
    ),
    Field(
        "cost",
        "原価,仕入価格,仕入れ値,仕入単価,cost per item,default unit cost,unit cost,cost of goods,cost price",
    ),
    Field("currency", "通貨,通貨コード,currency code"),
    Field("tax_rate", "消費税率,税率,商品別税率,税率%,tax rate,tax"),
    Field("tax_included", "税込,税込区分,消費税区分,tax included,price includes tax"),
    Field(
        "stock",
        "在庫数,在庫,在庫数量,variant inventory qty,inventory quantity,stock quantity,inventory,quantity,"
        "current quantity,available",
    ),
    Field(
        "status",
        (
            "公開ステータス(名称),公開ステータス,公開状態,ステータス,販売状態,公開,表示状態,"
            "商品ステータス,published,state"
        ),
    ),
    Field("kind", "商品種別,販売種別,kind,product kind"),
    Field("durable", "耐久財,durable"),
    Field("image", "商品画像,画像URL,商品画像URL,画像,image src,variant image,image url,images,image link"),
    Field("url", "商品URL,URL,商品ページ,product url,permalink,link"),
)

_RELATIONS: Final = (
    Field("product_id", "商品コード,商品ID,商品番号,product,sku,from,id", needed=True),
    Field(
        "other_id",
        "関連商品コード,関連商品ID,関連商品,相手商品コード,other,related product id,related,related sku,to",
        True,
    ),
    Field(
        "relation",
        "関係,関連の種類,関係の種類,relationship type,relation type,type,relationship",
        needed=True,
    ),
)

_CUSTOMERS: Final = (
    Field(
        "id",
        "会員ID,会員番号,顧客ID,顧客番号,顧客コード,会員コード,お客様番号,customer id,user id,member id,"
        "account id,"
        "household id,reference id,square customer id",
    ),
    Field("email", "メールアドレス,メール,email address,e-mail,mail"),
    Field("phone", "電話番号,電話,携帯電話,phone number,tel,default address phone,billing phone"),
    Field(
        "name",
        "氏名,お名前,名前,会員名,顧客名,会社名,customer name,full name,display name,company name,company",
    ),
    Field("last_name", "姓,お名前(姓),お名前姓,名前(姓),last name,surname,family name,billing last name"),
    Field("first_name", "名,お名前(名),お名前名,名前(名),first name,given name,billing first name"),
    Field("kind", "顧客区分,法人個人区分,会員種別,customer type,kind"),
    Field("parent_id", "親会員ID,親顧客コード,本社コード,parent,parent account,parent account id"),
    Field("account", "所属会社,所属取引先,parent account name,account above"),
    Field("owner", "担当者,営業担当,営業担当者,担当営業,sales rep,account manager,account owner,contact owner"),
    Field("industry", "業種,trade"),
    Field("prefecture", "都道府県,state"),
    Field("language", "言語,locale,preferred language"),
    Field(
        "created_at",
        "会員登録日,登録日,登録日時,入会日,会員登録日時,created,date registered,registered,sign up,signed "
        "up at,"
        "first visit,creation date",
    ),
)

_CONSENTS: Final = (
    Field(
        "customer_id",
        "会員ID,会員番号,顧客ID,顧客番号,顧客コード,customer,user id,id,email,メールアドレス",
        needed=True,
    ),
    Field("purpose", "目的,利用目的,同意目的"),
    Field("channel", "チャネル,手段,連絡手段"),
    Field(
        "granted",
        "同意,同意有無,許諾,メルマガ,メルマガ購読,メールマガジン,consent,accepts marketing,accepts email "
        "marketing,"
        "opt in,subscribed,email subscription status",
        needed=True,
    ),
    Field("at", "同意日時,同意日,取得日時,更新日時,consented at,timestamp,date,updated at,日時", needed=True),
    Field("source", "取得元,取得経路,同意元"),
    Field("evidence", "証跡,証拠,根拠,reference"),
)

_EVENTS: Final = (
    Field("id", "イベントID,message id,event id"),
    Field("kind", "イベント,イベント名,行動,event,event name,event type,action,type,kind", needed=True),
    Field(
        "at",
        "日時,発生日時,時刻,timestamp,original timestamp,sent at,received at,event time,event timestamp,time",
        True,
    ),
    Field("customer_id", "会員ID,会員番号,顧客ID,user id,customer,visitor member id"),
    Field("anonymous_id", "訪問者ID,匿名ID,cookie,cookie id,client id,visitor id,user pseudo id,device id"),
    Field("session_id", "セッションID,session,ga session id"),
    Field("product_id", "商品コード,商品ID,商品番号,sku,item id,properties product id,properties sku,product"),
    Field("cart_id", "カートID,cart,properties cart id"),
    Field("quantity", "数量,個数,qty,properties quantity"),
    Field("query", "検索語,検索キーワード,キーワード,search term,search query,properties query,q"),
)

_REVIEWS: Final = (
    Field("id", "レビューID,レビュー番号,review id"),
    Field("product_id", "商品コード,商品ID,商品番号,sku,product,product handle,item id", needed=True),
    Field("rating", "評価,評点,点数,星,おすすめレベル,stars,score,review rating", needed=True),
    Field("at", "投稿日,投稿日時,レビュー日,日時,created at,review date,date,timestamp", needed=True),
    Field("customer_id", "会員ID,会員番号,顧客ID,customer,user id,reviewer id,reviewer email,email"),
    Field("text", "レビュー本文,本文,コメント,レビュー,body,review body,review,comment,content"),
    Field("helpful", "参考になった,役に立った,helpful votes,helpful count"),
)

_INTERACTIONS: Final = (
    Field("id", "活動ID,対応ID,履歴ID,activity id,task id,call id,event id,engagement id,record id"),
    Field(
        "customer_id",
        "会員ID,会員番号,顧客ID,顧客番号,顧客コード,取引先ID,account id,company id,contact id,who id,what id,customer,"
        "associated contact id,associated company id,related to id,メールアドレス,email",
        needed=True,
    ),
    Field(
        "kind",
        "活動種別,対応種別,種別,区分,活動区分,activity type,task subtype,engagement type,interaction,type,"
        "call type,kind",
        needed=True,
    ),
    Field(
        "at",
        "日時,対応日時,活動日時,対応日,活動日,訪問日,実施日,activity date,date,call start time,start time,start,"
        "created date,due date,timestamp,time",
        needed=True,
    ),
    Field(
        "who",
        "担当者,対応者,営業担当,所有者,活動所有者,owner,assigned to,assigned,task owner,call owner,"
        "activity assigned to,user,rep",
    ),
    Field("department", "部署,部門,所属,team,role"),
    Field(
        "text",
        "内容,対応内容,活動内容,本文,メモ,備考,コメント,description,comments,full comments,notes,note,body,details,"
        "call notes,件名,subject",
    ),
    Field("outcome", "結果,対応結果,活動結果,result,call result,call outcome,call disposition,status"),
)

FIELDS: Final[dict[str, tuple[Field, ...]]] = {
    "products": _PRODUCTS,
    "relations": _RELATIONS,
    "customers": _CUSTOMERS,
    "consents": _CONSENTS,
    "orders": _ORDERS,
    "events": _EVENTS,
    "reviews": _REVIEWS,
    "interactions": _INTERACTIONS,
}
