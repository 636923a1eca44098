with

final as (

    select 'email' as kind, platform, account_id, holder_number
    from {{ ref('int_mailbox_holders') }}
    union all
    select 'phone' as kind, platform, account_id, holder_number
    from {{ ref('int_phone_holders') }}

)

select * from final
