// Command example makes a service account and an API key with SDK v2. The README shows it.
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	iam "github.com/yandex-cloud/go-genproto/yandex/cloud/iam/v1"
	ycsdk "github.com/yandex-cloud/go-sdk/v2"
	"github.com/yandex-cloud/go-sdk/v2/credentials"
	"github.com/yandex-cloud/go-sdk/v2/pkg/options"
	iamsdk "github.com/yandex-cloud/go-sdk/v2/services/iam/v1"
	"google.golang.org/protobuf/types/known/timestamppb"
)

func newKey(ctx context.Context) (*iam.CreateApiKeyResponse, error) {
	sdk, err := ycsdk.Build(ctx,
		options.WithCredentials(credentials.IAMToken(os.Getenv("YC_TOKEN"))),
		options.WithDiscoveryEndpoint(os.Getenv("YC_ENDPOINT")))
	if err != nil {
		return nil, err
	}
	making, err := iamsdk.NewServiceAccountClient(sdk).Create(ctx, &iam.CreateServiceAccountRequest{
		FolderId: os.Getenv("YC_FOLDER_ID"), Name: "go-reader",
	})
	if err != nil {
		return nil, err
	}
	account, err := making.Wait(ctx)
	if err != nil {
		return nil, err
	}
	return iamsdk.NewApiKeyClient(sdk).Create(ctx, &iam.CreateApiKeyRequest{
		ServiceAccountId: account.Id,
		Scopes:           []string{"yc.postbox.send"},
		ExpiresAt:        timestamppb.New(time.Now().AddDate(0, 0, 90)),
	})
}

func main() {
	made, err := newKey(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(made.ApiKey.Id, made.Secret)
}
