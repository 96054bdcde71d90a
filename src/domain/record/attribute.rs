//! Lists the attributes of Google's product data specification that we know by name.
//!
//! A known attribute has a slot, so that a rule finds its value without comparing names. What
//! a partner sends beside them is kept under its own name and no rule looks at it.

macro_rules! attributes {
    ($($variant:ident $name:literal $kind:ident,)*) => {
        /// One attribute of the specification.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Attribute {
            $(#[doc = concat!("`", $name, "`.")] $variant,)*
        }

        impl Attribute {
            /// Every attribute, in the order of the specification's chapters.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its name as feeds write it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Finds an attribute by its normalised name.
            pub fn of(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }

            /// Whether the specification allows it more than once in a record.
            pub const fn is_repeatable(self) -> bool {
                match self { $(Self::$variant => attributes!(@$kind),)* }
            }
        }
    };
    (@one) => { false };
    (@many) => { true };
}

attributes! {
    Id "id" one,
    Title "title" one,
    StructuredTitle "structured_title" one,
    Description "description" one,
    StructuredDescription "structured_description" one,
    Link "link" one,
    ImageLink "image_link" one,
    AdditionalImageLink "additional_image_link" many,
    MobileLink "mobile_link" one,
    VideoLink "video_link" many,
    DocumentLink "document_link" many,
    VirtualModelLink "virtual_model_link" one,
    LifestyleImageLink "lifestyle_image_link" many,
    CanonicalLink "canonical_link" one,
    Availability "availability" one,
    AvailabilityDate "availability_date" one,
    ExpirationDate "expiration_date" one,
    DisclosureDate "disclosure_date" one,
    Price "price" one,
    SalePrice "sale_price" one,
    SalePriceEffectiveDate "sale_price_effective_date" one,
    CostOfGoodsSold "cost_of_goods_sold" one,
    AutoPricingMinPrice "auto_pricing_min_price" one,
    MaximumRetailPrice "maximum_retail_price" one,
    UnitPricingMeasure "unit_pricing_measure" one,
    UnitPricingBaseMeasure "unit_pricing_base_measure" one,
    Installment "installment" many,
    SubscriptionCost "subscription_cost" one,
    LoyaltyProgram "loyalty_program" many,
    LoyaltyPoints "loyalty_points" one,
    GoogleProductCategory "google_product_category" one,
    ProductType "product_type" many,
    Brand "brand" one,
    Gtin "gtin" many,
    Mpn "mpn" one,
    IdentifierExists "identifier_exists" one,
    Condition "condition" one,
    Adult "adult" one,
    Multipack "multipack" one,
    IsBundle "is_bundle" one,
    Certification "certification" many,
    EnergyEfficiencyClass "energy_efficiency_class" one,
    MinEnergyEfficiencyClass "min_energy_efficiency_class" one,
    MaxEnergyEfficiencyClass "max_energy_efficiency_class" one,
    AgeGroup "age_group" one,
    Color "color" one,
    Gender "gender" one,
    Material "material" one,
    Pattern "pattern" one,
    Size "size" one,
    SizeType "size_type" many,
    SizeSystem "size_system" one,
    ItemGroupId "item_group_id" one,
    ProductLength "product_length" one,
    ProductWidth "product_width" one,
    ProductHeight "product_height" one,
    ProductWeight "product_weight" one,
    ProductDetail "product_detail" many,
    ProductHighlight "product_highlight" many,
    AdsRedirect "ads_redirect" one,
    CustomLabel0 "custom_label_0" one,
    CustomLabel1 "custom_label_1" one,
    CustomLabel2 "custom_label_2" one,
    CustomLabel3 "custom_label_3" one,
    CustomLabel4 "custom_label_4" one,
    PromotionId "promotion_id" many,
    ExcludedDestination "excluded_destination" many,
    IncludedDestination "included_destination" many,
    ShoppingAdsExcludedCountry "shopping_ads_excluded_country" many,
    Pause "pause" one,
    ExternalSellerId "external_seller_id" one,
    Shipping "shipping" many,
    ShippingLabel "shipping_label" one,
    ShippingWeight "shipping_weight" one,
    ShippingLength "shipping_length" one,
    ShippingWidth "shipping_width" one,
    ShippingHeight "shipping_height" one,
    ShipsFromCountry "ships_from_country" one,
    MaxHandlingTime "max_handling_time" one,
    MinHandlingTime "min_handling_time" one,
    TransitTimeLabel "transit_time_label" one,
    FreeShippingThreshold "free_shipping_threshold" many,
    Tax "tax" many,
    TaxCategory "tax_category" one,
    AdwordsGrouping "adwords_grouping" one,
    AdwordsLabels "adwords_labels" many,
    OnlineOnly "online_only" one,
    SellOnGoogleQuantity "sell_on_google_quantity" one,
    Quantity "quantity" one,
    LinkTemplate "link_template" one,
    MobileLinkTemplate "mobile_link_template" one,
    PickupMethod "pickup_method" one,
    PickupSla "pickup_sla" one,
    Upc "upc" one,
}

impl Attribute {
    /// How many there are: the length of a table with a slot for each.
    pub const COUNT: usize = Self::ALL.len();

    /// Whether the specification has an attribute of this normalised name that no rule looks at,
    /// so that it needs no slot.
    pub fn is_without_slot(name: &str) -> bool {
        WITHOUT_SLOT.contains(&name)
    }
}

/// Attributes of the specification, some for single programs or countries, that no rule looks at.
const WITHOUT_SLOT: &[&str] = &[
    "carrier_shipping",
    "channel",
    "content_language",
    "display_ads_id",
    "display_ads_link",
    "display_ads_similar_ids",
    "display_ads_title",
    "display_ads_value",
    "feed_label",
    "free_shipping_limit",
    "handling_cutoff_time",
    "item_group_title",
    "local_shipping_label",
    "minimum_order_value",
    "popularity_rank",
    "product_fee",
    "question_and_answer",
    "related_product",
    "return_address_label",
    "return_policy_label",
    "sell_on_google_excluded",
    "shipping_handling_business_days",
    "shipping_transit_business_days",
    "short_title",
    "store_code",
    "sustainability_incentive",
    "target_country",
    "variant_option",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_attribute_is_found_by_its_own_name_and_numbers_its_slot() {
        for (index, attribute) in Attribute::ALL.iter().enumerate() {
            assert_eq!(Attribute::of(attribute.name()), Some(*attribute));
            assert_eq!(*attribute as usize, index);
        }
    }
}
