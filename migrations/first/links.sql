-- A row of {links} counts in {counter} of the {target}, while {counted}.

CREATE FUNCTION count_{links}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE change int := CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END;
BEGIN
    PERFORM FROM {member}s
        WHERE (tenant_id, id) IN (SELECT tenant_id, {member}_id FROM links)
        ORDER BY tenant_id, id FOR SHARE;
    PERFORM FROM {target}s
        WHERE (tenant_id, id) IN (SELECT tenant_id, {target}_id FROM links)
        ORDER BY tenant_id, id FOR NO KEY UPDATE;
    UPDATE {target}s SET {counter} = {counter} + change * n FROM (
            SELECT links.tenant_id, {target}_id, count(*)
            FROM links JOIN {member}s ON {member}s.tenant_id = links.tenant_id
                AND {member}s.id = {member}_id AND {counted}
            GROUP BY links.tenant_id, {target}_id
        ) AS sums (of_tenant, of_target, n)
        WHERE tenant_id = of_tenant AND id = of_target;
    RETURN NULL;
END $$;

CREATE TRIGGER b_inserted AFTER INSERT ON {links} REFERENCING NEW TABLE AS links
    FOR EACH STATEMENT EXECUTE FUNCTION count_{links}();

CREATE TRIGGER b_deleted AFTER DELETE ON {links} REFERENCING OLD TABLE AS links
    FOR EACH STATEMENT EXECUTE FUNCTION count_{links}();
