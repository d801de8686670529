package awssteps

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"

	"github.com/stagegate/stagegate/features/steps/internal/ready"
)

// putItem puts a new item into a table, and removes it when the scenario is over.
func (c *Client) putItem(ctx context.Context, table, text string) error {
	if err := c.names(&table); err != nil {
		return err
	}
	item, err := c.item(text)
	if err != nil {
		return err
	}
	about, err := c.dynamodb.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &table})
	if err != nil {
		return fmt.Errorf("table %s: %w", table, err)
	}
	key := map[string]types.AttributeValue{}
	for _, k := range about.Table.KeySchema {
		v, ok := item[*k.AttributeName]
		if !ok {
			return fmt.Errorf("the item has no %s, which is of the key of table %s", *k.AttributeName, table)
		}
		key[*k.AttributeName] = v
	}
	there := false
	c.made("item "+plain(key)+" in table "+table, func(ctx context.Context) error {
		if there { // before us: it is somebody else's
			return nil
		}
		_, err := c.dynamodb.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: &table, Key: key})
		return err
	})
	_, err = c.dynamodb.PutItem(ctx, &dynamodb.PutItemInput{TableName: &table, Item: item,
		ConditionExpression: aws.String("attribute_not_exists(#k)"), ExpressionAttributeNames: map[string]string{"#k": *about.Table.KeySchema[0].AttributeName}})
	there = exists(err)
	return err
}

// exists reports the error of making what is there already.
func exists(err error) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	switch api.ErrorCode() {
	case "PreconditionFailed", "ParameterAlreadyExists", "ConditionalCheckFailedException":
		return true
	}
	return false
}

// found is the item of a table with that key, nil for none.
func (c *Client) found(ctx context.Context, key, table string) (map[string]types.AttributeValue, error) {
	k, err := c.item(key)
	if err != nil {
		return nil, err
	}
	out, err := c.dynamodb.GetItem(ctx, &dynamodb.GetItemInput{TableName: &table, Key: k, ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, fmt.Errorf("table %s: %w", table, err)
	}
	return out.Item, nil
}

func (c *Client) itemHas(ctx context.Context, limit, key, table, want string) error {
	if err := c.names(&table); err != nil {
		return err
	}
	w, err := c.saved.JSON(want)
	if err != nil {
		return err
	}
	return ready.Within(ctx, limit, func() error {
		item, err := c.found(ctx, key, table)
		if err != nil {
			return err
		}
		if item == nil {
			return fmt.Errorf("table %s has no item %s", table, key)
		}
		got, err := ready.Decode([]byte(plain(item)))
		if err != nil {
			return err
		}
		if all := ready.Differences(w, got, "", true); len(all) > 0 {
			return fmt.Errorf("%s\nthe item is %s", strings.Join(all, "\n"), plain(item))
		}
		return nil
	})
}

func (c *Client) noItem(ctx context.Context, key, table string) error {
	if err := c.names(&table); err != nil {
		return err
	}
	item, err := c.found(ctx, key, table)
	if err == nil && item != nil {
		err = fmt.Errorf("table %s has the item %s", table, plain(item))
	}
	return err
}

// item is a JSON object as DynamoDB has it.
func (c *Client) item(text string) (map[string]types.AttributeValue, error) {
	v, err := c.saved.JSON(text)
	if err != nil {
		return nil, err
	}
	m, ok := attribute(v).(*types.AttributeValueMemberM)
	if !ok {
		return nil, fmt.Errorf("%s is no JSON object", text)
	}
	return m.Value, nil
}

func attribute(v any) types.AttributeValue {
	switch v := v.(type) {
	case string:
		return &types.AttributeValueMemberS{Value: v}
	case json.Number:
		return &types.AttributeValueMemberN{Value: v.String()}
	case bool:
		return &types.AttributeValueMemberBOOL{Value: v}
	case []any:
		l := &types.AttributeValueMemberL{}
		for _, e := range v {
			l.Value = append(l.Value, attribute(e))
		}
		return l
	case map[string]any:
		m := &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{}}
		for k, e := range v {
			m.Value[k] = attribute(e)
		}
		return m
	default:
		return &types.AttributeValueMemberNULL{Value: true}
	}
}

// plain is an item as JSON; sets are lists, and bytes are in base64.
func plain(item map[string]types.AttributeValue) string {
	b, err := json.Marshal(value(&types.AttributeValueMemberM{Value: item}))
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func value(a types.AttributeValue) any {
	switch a := a.(type) {
	case *types.AttributeValueMemberS:
		return a.Value
	case *types.AttributeValueMemberN:
		return json.Number(a.Value)
	case *types.AttributeValueMemberBOOL:
		return a.Value
	case *types.AttributeValueMemberB:
		return a.Value
	case *types.AttributeValueMemberSS:
		return a.Value
	case *types.AttributeValueMemberNS:
		return a.Value
	case *types.AttributeValueMemberL:
		all := []any{}
		for _, e := range a.Value {
			all = append(all, value(e))
		}
		return all
	case *types.AttributeValueMemberM:
		all := map[string]any{}
		for k, e := range a.Value {
			all[k] = value(e)
		}
		return all
	default:
		return nil
	}
}
